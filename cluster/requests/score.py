"""What a batch scoring is asked to do."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from cluster.requests.backtest import Day
from cluster.requests.faults import bad_input
from cluster.requests.spelling import ModelName, Spelled
from cluster.requests.universe import Members, Universe, lacks_both, unique

# Numbers, and the aliases of cluster.registry.versions.
VersionOrAlias = Annotated[
    str,
    Spelled(
        r"^([1-9][0-9]{0,8}|champion|challenger|previous)$",
        "a version's number, champion, challenger or previous",
    ),
]
# A symbol, or the id of an instrument where two datasets use the symbol.
Symbol = Annotated[
    str,
    Spelled(
        r"^[A-Za-z0-9^.][A-Za-z0-9.:/\-^=_]{0,79}$",
        "a symbol or an instrument's id: letters, digits and . : / - ^ = _, 80 at most",
    ),
]
# JSON and argument lists have no tuples: the container is lax, what it holds is not.
Symbols = Annotated[
    tuple[Symbol, ...], Field(max_length=10_000, strict=False), AfterValidator(unique)
]


class ScoreRequest(BaseModel):
    """A model version over a universe, or over symbols, and a span of sessions, both ends included."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, validate_default=True)

    model: ModelName = Field(description="Model to score with, such as volatility-regime.")
    version: VersionOrAlias = Field(
        default="champion",
        description="Version of the model: a number, champion, challenger or previous.",
    )
    universe: Universe | None = Field(
        default=None,
        description="Universe to score: a dataset, some of it such as mine:AAPL,MSFT, or a stored "
        "universe; without it, members or symbols.",
    )
    members: Members = Field(
        default=(),
        description="Instruments that it is narrowed to, or without a universe those to score: "
        "symbols, or with their dataset such as mine:AAPL.",
    )
    symbols: Symbols = Field(
        default=(),
        description="Symbols to score instead of a universe, as they were named on the last session.",
    )
    start: Day | None = Field(
        default=None, description="First session, such as 2020-01-31; by default the first of all."
    )
    end: Day | None = Field(
        default=None, description="Last session, such as 2020-12-31; by default the last of all."
    )

    @field_validator("symbols")
    @classmethod
    def _one_of_both(cls, symbols: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not {"universe", "members"} <= info.data.keys():
            return symbols  # what is wrong with those is told already
        others = not lacks_both(info.data["universe"], info.data["members"])
        if bool(symbols) == others:
            what = "expected a universe (or members) or symbols, and not both"
            raise PydanticCustomError("members", what)
        return tuple(dict.fromkeys(symbols))

    @field_validator("end")
    @classmethod
    def _after_start(cls, end: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("start")
        if start and end and start > end:
            what = {"reason": f"end={end}: expected on or after start={start}"}
            raise PydanticCustomError("span", "{reason}", what)
        return end


def parse_score(data: Mapping[str, object]) -> ScoreRequest:
    """A checked request. Raises `BadInput` that lists every fault."""
    try:
        return ScoreRequest.model_validate(data)
    except ValidationError as exc:
        raise bad_input("score", exc) from exc
