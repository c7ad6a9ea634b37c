"""Numbers that users choose: a default, a range, and what is wrong with another value."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral, Real

from market.errors import BadParameter


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is wrong with the value of a parameter: a clause that names it, its value and its range."""

    parameter: str
    clause: str

    def __str__(self) -> str:
        return self.clause


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number with its default and its range, both ends included; ``whole`` unless said otherwise."""

    name: str
    default: float
    low: float
    high: float
    whole: bool = True

    @property
    def expected(self) -> str:
        """What it takes, in words."""
        kind = "a whole number" if self.whole else "a number"
        return f"expected {kind} from {self.low} to {self.high}"

    def accepts(self, value: object) -> bool:
        """Whether the value is a number of its kind, numpy's included, and in its range."""
        # bool is an int to Python; True as a window would be a mistake that nobody sees
        if isinstance(value, bool) or not isinstance(value, Integral if self.whole else Real):
            return False
        return bool(self.low <= value <= self.high)  # type: ignore[operator]  # of Real


def plain(value: float) -> float:
    """The number as Python's own int or float: what a request, a hash or a file holds of it."""
    return int(value) if isinstance(value, Integral) else float(value)


def require_whole(name: str, number: object, *, least: int) -> None:
    """BadParameter unless it is a whole number, numpy's included, and large enough."""
    if isinstance(number, bool) or not isinstance(number, Integral) or number < least:
        raise BadParameter(
            f"{name}={number}: expected {least} or more, a whole number", parameter=name
        )


def rising(values: Mapping[str, float], *names: str) -> tuple[Refusal, ...]:
    """A refusal for each of those parameters that is not below the next one."""
    return tuple(
        Refusal(low, f"{low}={values[low]}: expected below {high}={values[high]}")
        for low, high in pairwise(names)
        if values[low] >= values[high]
    )
