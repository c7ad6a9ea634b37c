"""Numbers that users choose: a default, a range, and what is wrong with another value."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise


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
        """Whether the value is a number of its kind and in its range."""
        # bool is an int to Python; True as a window would be a mistake that nobody sees
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            return False
        return self.low <= value <= self.high


def rising(values: Mapping[str, float], *names: str) -> tuple[Refusal, ...]:
    """A refusal for each of those parameters that is not below the next one."""
    return tuple(
        Refusal(low, f"{low}={values[low]}: expected below {high}={values[high]}")
        for low, high in pairwise(names)
        if values[low] >= values[high]
    )
