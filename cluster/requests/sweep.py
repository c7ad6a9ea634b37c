"""What a sweep is asked to do."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from cluster.requests.faults import bad_input
from cluster.requests.space import MOST_POINTS, USUAL, Space
from cluster.requests.train import TrainingRequest


class SweepRequest(TrainingRequest):
    """The best of many networks of a model, on a universe as it stands."""

    space: Space | None = Field(
        default=None,
        description="What to choose from, as YAML; by default three networks, two learning rates and "
        "two weight decays.",
    )
    trials: int | None = Field(
        default=None,
        ge=1,
        le=MOST_POINTS,
        description="Networks to try, drawn by the seed; by default all of a space of lists, and 20 "
        "of one with a range.",
    )
    trial_gpus: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="What each trial keeps of a GPU, such as 0.25; trials run in a GPU pool then, and by "
        "default on CPUs.",
    )
    budget_s: int | None = Field(
        default=None,
        ge=1,
        le=7 * 86_400,
        description="Seconds that the search may take: then the best so far is taken.",
    )

    @model_validator(mode="after")
    def _says_how_many(self) -> Self:
        points = self.searched.points
        if self.trials is None and points is not None and points > MOST_POINTS:
            what = f"the space has {points:,} points: expected trials, up to {MOST_POINTS:,}"
            raise PydanticCustomError("trials", what)
        return self

    @property
    def searched(self) -> Space:
        return self.space or USUAL


def parse_sweep(data: Mapping[str, object]) -> SweepRequest:
    """A checked request. Raises `BadInput` that lists every fault."""
    try:
        return SweepRequest.model_validate(data)
    except ValidationError as exc:
        raise bad_input("sweep", exc) from exc
