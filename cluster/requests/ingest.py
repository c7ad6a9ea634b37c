"""What an ingest is asked to do."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from cluster.errors import BadInput
from cluster.providers import BUILT_IN, check_dataset
from cluster.requests.backtest import Day
from cluster.requests.faults import bad_input
from cluster.requests.score import Symbol
from cluster.requests.spelling import Spelled
from cluster.requests.universe import unique


def _known(value: object, form: ValidatorFunctionWrapHandler, info: ValidationInfo) -> str:
    """A dataset that somebody provides; one of a class of the user's own may be called as it likes."""
    if isinstance(value, str) and info.context and value == info.context["own"]:
        return value
    try:
        return check_dataset(form(value))
    except BadInput as exc:
        raise PydanticCustomError("unknown", "{why}", {"why": exc.faults[0].msg}) from exc


Dataset = Annotated[
    str,
    Spelled(
        r"^[a-z][a-z0-9_-]{0,63}$",
        "a dataset's name: small letters, digits, _ and -, a letter first, 64 at most",
    ),
    WrapValidator(_known),
]


class IngestRequest(BaseModel):
    """A dataset with a provider of ours or of an installed package, up to its last closed session."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    dataset: Dataset = Field(
        description=f"Dataset to take: {', '.join(BUILT_IN)}, or one that a package offers."
    )
    symbols: Annotated[
        tuple[Symbol, ...], Field(max_length=10_000, strict=False), AfterValidator(unique)
    ] = Field(default=(), description="Symbols to take, where the source has too many.")
    since: Day | None = Field(
        default=None, description="Session from which on bars are read again, such as 2024-01-31."
    )


def parse_ingest(data: Mapping[str, object], *, own: str = "") -> IngestRequest:
    """A checked request. Raises `BadInput` that lists every fault.

    `own` is the dataset of a provider of the user's own, which nobody else knows.
    """
    try:
        return IngestRequest.model_validate(data, context={"own": own})
    except ValidationError as exc:
        raise bad_input("ingest", exc) from exc
