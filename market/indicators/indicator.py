"""What an indicator is: parameters, a state, and a step that turns one close into one row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market.arrays import Floats
from market.errors import BadParameter, DataNotFit

State = Floats
"""All that an indicator remembers, (s,) float64: it can be stored and continued anywhere."""
Params = NDArray[np.int64]
Step = Callable[[State, Params, float, Floats], None]
"""Takes one close, changes the state in place, writes the row's values."""
Batch = Callable[[State, Params, Floats, Floats], None]
"""The same step for each close in turn; writes (n, columns)."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A whole number with its default and its range, both ends included."""

    name: str
    default: int
    low: int
    high: int

    def check(self, value: int, *, of: str) -> int:
        """The value, or BadParameter naming the parameter and its range."""
        if not self.low <= value <= self.high:
            raise BadParameter(
                f"{of}: {self.name}={value}: expected {self.low} to {self.high}",
                parameter=self.name,
            )
        return value


@dataclass(frozen=True, slots=True)
class Definition:
    """An indicator before its parameters are chosen. ``columns`` names the values of a row."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    columns: tuple[str, ...]
    state_size: Callable[..., int]
    warm_up: Callable[..., int]
    step: Step
    batch: Batch


@dataclass(frozen=True, slots=True)
class Indicator:
    """A definition with its parameters.

    A missing close (NaN, and also an infinite one) gives NaN at its row and leaves the state as it
    was. Rows are NaN until the indicator is warm. ``batch`` and repeated ``step`` give the same
    bits, from the first close on.
    """

    definition: Definition
    params: tuple[int, ...]

    @property
    def name(self) -> str:
        """The name that parses back to this indicator, such as ``sma:20``."""
        return ":".join([self.definition.name, *map(str, self.params)])

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of a row's values."""
        return self.definition.columns

    @property
    def warm_up(self) -> int:
        """How many closes give NaN before the first value."""
        return self.definition.warm_up(*self.params)

    def start(self) -> State:
        """The state before the first close."""
        return np.zeros(self.definition.state_size(*self.params))

    def step(self, state: State, close: float) -> tuple[State, Any]:
        """The state after one more close and its value; ``state`` itself is not changed.

        The value is a float, or a tuple of floats where there are several columns.
        """
        after, row = state.copy(), np.empty(len(self.columns))
        self.definition.step(after, self._params(), float(close), row)
        values = tuple(row.tolist())
        return after, values[0] if len(values) == 1 else values

    def batch(self, close: ArrayLike) -> Floats:
        """The values at each of the closes (n,): shape (n,), or (n, k) where there are k columns."""
        closes = np.ascontiguousarray(close, dtype=np.float64)
        if closes.ndim != 1:
            raise DataNotFit(f"{self.name}: expected closes of shape (n,), got {closes.shape}")
        rows = np.empty((len(closes), len(self.columns)))
        self.definition.batch(self.start(), self._params(), closes, rows)
        return np.ascontiguousarray(rows[:, 0]) if len(self.columns) == 1 else rows

    def _params(self) -> Params:
        return np.array(self.params, dtype=np.int64)
