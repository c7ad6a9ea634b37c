"""The space of networks that a sweep searches: of each choice some values, or a range to draw from."""

import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

MOST_POINTS: Final = 1000
"""Trials of one sweep at most, and points of a space that is tried whole."""
_MOST_VALUES: Final = 50
_NAME: Final = re.compile(r"[\w-]{1,40}", re.ASCII)

Units = Annotated[int, Field(ge=1, le=256)]
# JSON and argument lists have no tuples: the container is lax, what it holds is not.
Hidden = Annotated[tuple[Units, ...], Field(min_length=1, max_length=4, strict=False)]
LearningRate = Annotated[float, Field(ge=1e-6, le=0.1, allow_inf_nan=False)]
WeightDecay = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
Epochs = Annotated[int, Field(ge=1, le=100)]


class Range(BaseModel):
    """Every number from `low` to `high`, both included; with `log` each order of magnitude alike."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    low: float
    high: float
    log: bool = False

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.low >= self.high:
            raise PydanticCustomError("range", "expected low below high")
        if self.log and self.low <= 0:
            raise PydanticCustomError("range", "expected low above 0 where log is true")
        return self


class RateRange(Range):
    """Learning rates."""

    low: LearningRate
    high: LearningRate


class DecayRange(Range):
    """Weight decays."""

    low: WeightDecay
    high: WeightDecay


class EpochsRange(Range):
    """Numbers of epochs."""

    low: Epochs
    high: Epochs


def _form(value: object) -> str:
    return "range" if isinstance(value, Mapping | Range) else "values"


def _listed(value: object) -> object:
    """One value is a list of one."""
    return value if isinstance(value, list | tuple) else [value]


def _networks(value: object) -> object:
    """A flat list could mean one network or several: it is asked for in full."""
    if isinstance(value, list | tuple) and all(
        isinstance(network, list | tuple) for network in value
    ):
        return value
    example = "expected a list of networks, each a list of units, such as [[64, 32], [16]]"
    raise PydanticCustomError("networks", example)


_SOME: Any = Field(min_length=1, max_length=_MOST_VALUES, strict=False)
Rates = Annotated[tuple[LearningRate, ...], _SOME, BeforeValidator(_listed)]
Decays = Annotated[tuple[WeightDecay, ...], _SOME, BeforeValidator(_listed)]
Passes = Annotated[tuple[Epochs, ...], _SOME, BeforeValidator(_listed)]
_OR = Discriminator(_form)


class Space(BaseModel):
    """What is left out stays as a training has it where nobody chooses."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    hidden: Annotated[tuple[Hidden, ...], _SOME, BeforeValidator(_networks)] = Field(
        default=((64, 32),), description="Networks, each the units of its hidden layers."
    )
    learning_rate: Annotated[
        Annotated[Rates, Tag("values")] | Annotated[RateRange, Tag("range")], _OR
    ] = Field(default=(3e-3,), description="Learning rates of AdamW, or their range.")
    weight_decay: Annotated[
        Annotated[Decays, Tag("values")] | Annotated[DecayRange, Tag("range")], _OR
    ] = Field(default=(1.0,), description="Weight decays of AdamW, or their range.")
    epochs: Annotated[
        Annotated[Passes, Tag("values")] | Annotated[EpochsRange, Tag("range")], _OR
    ] = Field(default=(8,), description="Passes over the rows, or their range.")

    @model_validator(mode="before")
    @classmethod
    def _says_something(cls, data: object) -> object:
        names = ", ".join(cls.model_fields)
        if isinstance(data, Mapping) and not data:
            raise PydanticCustomError("empty", f"empty: expected at least one of {names}")
        if not isinstance(data, Mapping | Space):
            raise PydanticCustomError("space", f"expected a mapping of {names}")
        if isinstance(data, Mapping) and (odd := data.keys() - cls.model_fields.keys()):
            # A name is repeated where it is one: what was sent may be anything.
            told = sorted(filter(_NAME.fullmatch, map(str, odd)))
            what = "unknown {names}: expected {known}"
            raise PydanticCustomError(
                "unknown", what, {"names": ", ".join(told) or "names", "known": names}
            )
        return data

    @property
    def points(self) -> int | None:
        """How many networks it holds; None where a range holds any number of them."""
        values = [getattr(self, name) for name in type(self).model_fields]
        if any(isinstance(value, Range) for value in values):
            return None
        return math.prod(map(len, values))


USUAL: Final = Space(
    hidden=((64, 32), (32, 16), (16,)), learning_rate=(3e-3, 1e-3), weight_decay=(1.0, 1e-2)
)
"""What a sweep searches where nobody says."""
