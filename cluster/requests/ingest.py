"""What an ingest is asked to do."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from cluster.errors import BadInput
from cluster.providers import check_dataset
from cluster.requests.backtest import Day
from cluster.requests.score import Symbol


def _known(name: str) -> str:
    try:
        return check_dataset(name)
    except BadInput as exc:
        raise PydanticCustomError("unknown", "{why}", {"why": exc.faults[0].msg}) from exc


Dataset = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$"), AfterValidator(_known)
]


class IngestRequest(BaseModel):
    """A dataset with a provider of ours or of an installed package, up to its last closed session.

    `symbols` narrows it for a source that has too many; what is older than `since` is not read again.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    dataset: Dataset
    symbols: Annotated[tuple[Symbol, ...], Field(max_length=10_000, strict=False)] = ()
    since: Day | None = None
