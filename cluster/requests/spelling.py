"""Texts of a pattern whose fault says the rule in words, not as a regular expression."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class Spelled:
    """For `Annotated[str, Spelled(pattern, words)]`; the document has the pattern, the fault the words."""

    pattern: str
    words: str
    max_length: int | None = None

    def __get_pydantic_core_schema__(
        self, _source: Any, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.custom_error_schema(
            core_schema.str_schema(pattern=self.pattern, max_length=self.max_length),
            custom_error_type="pattern",
            custom_error_message=f"expected {self.words}",
        )


ModelName = Annotated[
    str,
    Spelled(r"^[a-z][a-z0-9-]{0,63}$", "a model's name: small letters, digits and -, 64 at most"),
]
