"""What an indicator is: declared inputs, parameters and columns over one of two mechanisms."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market.arrays import Floats
from market.errors import BadParameter, DataNotFit
from market.indicators.kernels import join, settle

State = Floats
"""All that an indicator remembers, (s,) float64: it can be stored and continued anywhere."""
Params = NDArray[np.float64]
Advance = Callable[[State, Params, Floats, Floats], None]
"""Takes a state, parameters and bars (k, n), writes rows (c, n), and leaves the state after them."""
FIELDS = ("open", "high", "low", "close", "volume")
"""What an indicator may read of a bar."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number with its default and its range, both ends included; ``whole`` unless said otherwise."""

    name: str
    default: float
    low: float
    high: float
    whole: bool = True

    def check(self, value: float, *, of: str) -> float:
        """The value, or BadParameter naming the parameter and its range."""
        if not self.low <= value <= self.high:
            raise BadParameter(
                f"{of}: {self.name}={value}: expected {self.low} to {self.high}",
                parameter=self.name,
            )
        return value


@dataclass(frozen=True, slots=True)
class Window:
    """Rows that are pure functions of the last ``bars(*params)`` bars: one bad tick leaves no trace.

    ``compute(params, bars (k, m), rows (c, m))`` fills the rows that have a whole window.
    """

    bars: Callable[..., int]
    compute: Callable[[Params, Floats, Floats], None]

    def size(self, inputs: int, params: tuple[float, ...]) -> int:
        """Numbers in the state: a count, and the bars that the next window still needs."""
        return 1 + inputs * (self.bars(*params) - 1)

    def warm_up(self, params: tuple[float, ...]) -> int:
        """Bars without a value at the start."""
        return self.bars(*params) - 1

    def advance(self, state: State, params: Params, bars: Floats, rows: Floats) -> None:
        """Continue the state over ``bars`` (k, n); writes ``rows`` (c, n)."""
        joined, held = join(state, bars, (len(state) - 1) // len(bars))
        if held == 0:
            self.compute(params, joined, rows)
            return
        longer = np.full((len(rows), joined.shape[1]), np.nan)
        self.compute(params, joined, longer)
        rows[:] = longer[:, held:]

    def fresh(self, _state: State, params: Params, bars: Floats, rows: Floats) -> None:
        """As ``advance`` from the start on, where nobody wants the state."""
        self.compute(params, bars, rows)


@dataclass(frozen=True, slots=True)
class Recursion:
    """Rows that depend on all bars from the anchor on, through a state.

    ``step(state, params, bars (k, m), rows (c, m))`` continues the state over m bars.
    """

    state_size: Callable[..., int]
    blank: Callable[..., int]
    step: Advance

    def size(self, _inputs: int, params: tuple[float, ...]) -> int:
        """Numbers in the state."""
        return self.state_size(*params)

    def warm_up(self, params: tuple[float, ...]) -> int:
        """Bars without a value at the start."""
        return self.blank(*params)

    def advance(self, state: State, params: Params, bars: Floats, rows: Floats) -> None:
        """Continue the state over ``bars`` (k, n); writes ``rows`` (c, n)."""
        self.step(state, params, bars, rows)

    fresh = advance


@dataclass(frozen=True, slots=True)
class Definition:
    """An indicator before its parameters are chosen.

    ``inputs`` are the fields of a bar that it reads, ``columns`` the values of a row. ``degrees``
    has the degree of homogeneity in price of each column: with all prices times c the column is
    times c ** degree; None: not homogeneous, so it must be fed raw prices. ``rising`` are names of
    parameters that must increase strictly.
    """

    name: str
    description: str
    inputs: tuple[str, ...]
    columns: tuple[str, ...]
    degrees: tuple[int | None, ...]
    parameters: tuple[Parameter, ...]
    mechanism: Window | Recursion
    rising: tuple[str, ...] = ()

    def check(self, params: tuple[float, ...], *, of: str) -> None:
        """BadParameter unless the parameters named in ``rising`` increase."""
        values = {one.name: value for one, value in zip(self.parameters, params, strict=True)}
        for low, high in zip(self.rising, self.rising[1:], strict=False):
            if values[low] >= values[high]:
                raise BadParameter(
                    f"{of}: {low}={values[low]}: expected below {high}={values[high]}",
                    parameter=low,
                )


@dataclass(frozen=True, slots=True)
class Indicator:
    """A definition with its parameters.

    A bar that misses a needed input (NaN, and also an infinite one) gives NaN at its row and leaves
    the state as it was: windows count valid bars. Rows are NaN until the indicator is warm, and
    where its definition divides by zero. ``batch`` and repeated ``step`` give the same bits, from
    the first bar on.

    Bars are given as one object with the needed attributes (``Bars``), by name
    (``high=…, low=…, close=…``; names that are not needed are passed over), or, where only closes
    are needed, as one array.
    """

    definition: Definition
    params: tuple[float, ...]

    @property
    def name(self) -> str:
        """The name that parses back to this indicator, such as ``sma:20``."""
        values = [repr(value).removesuffix(".0") for value in self.params]
        return ":".join([self.definition.name, *values])

    @property
    def inputs(self) -> tuple[str, ...]:
        """The fields of a bar that it reads."""
        return self.definition.inputs

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of a row's values."""
        return self.definition.columns

    @property
    def degrees(self) -> tuple[int | None, ...]:
        """The degree of homogeneity in price of each column; None: feed raw prices only."""
        return self.definition.degrees

    @property
    def warm_up(self) -> int:
        """How many bars give NaN before the first value."""
        return self.definition.mechanism.warm_up(self.params)

    def missing(self, bars: object) -> tuple[str, ...]:
        """The inputs of which ``bars`` hold no value at all, as close-only instruments do."""
        series = {field: np.asarray(getattr(bars, field)) for field in self.inputs}
        return tuple(f for f, one in series.items() if one.size and not np.isfinite(one).any())

    def start(self) -> State:
        """The state before the first bar."""
        return np.zeros(self.definition.mechanism.size(len(self.inputs), self.params))

    def step(self, state: State, bar: Any = None, /, **fields: float) -> tuple[State, Any]:
        """The state after one more bar and its value; ``state`` itself is not changed.

        The value is a float, or a tuple of floats where there are several columns.
        """
        after = state.copy()
        given = self._bars(bar, fields, shape=(1,))
        values = self._run(self.definition.mechanism.advance, after, given)[:, 0].tolist()
        return after, values[0] if len(values) == 1 else tuple(values)

    def batch(self, bars: Any = None, /, **fields: ArrayLike) -> Floats:
        """The values at each of n bars: shape (n,), or (n, c) where there are c columns."""
        given = self._bars(bars, fields, shape=None)
        rows = self._run(self.definition.mechanism.fresh, self.start(), given)
        return rows[0] if len(rows) == 1 else rows.T

    def _run(self, advance: Advance, state: State, bars: Floats) -> Floats:
        rows = np.full((len(self.columns), bars.shape[1]), np.nan)
        params = np.array(self.params, dtype=np.float64)
        finite = np.isfinite(bars)
        if finite.all():
            advance(state, params, bars, rows)
        else:
            there = finite.all(axis=0)
            dense = np.full((len(rows), int(there.sum())), np.nan)
            advance(state, params, np.ascontiguousarray(bars[:, there]), dense)
            rows[:, there] = dense
        settle(rows)
        return rows

    def _bars(self, given: Any, fields: dict[str, Any], *, shape: tuple[int] | None) -> Floats:
        series = [np.asarray(one, dtype=np.float64) for one in self._fields(given, fields)]
        series = [one.reshape(shape) for one in series] if shape else series
        for one in series:
            if one.ndim != 1 or one.shape != series[0].shape:
                names = "closes" if self.inputs == ("close",) else ", ".join(self.inputs)
                shapes = ", ".join(str(each.shape) for each in series)
                raise DataNotFit(f"{self.name}: expected {names} of shape (n,), got {shapes}")
        bars = np.empty((len(series), len(series[0])))
        for row, one in enumerate(series):
            bars[row] = one
        return bars

    def _fields(self, given: Any, fields: dict[str, Any]) -> list[Any]:
        unknown = sorted(set(fields) - set(FIELDS))
        if unknown:
            raise DataNotFit(f"{self.name}: unknown inputs {', '.join(unknown)}")
        if given is not None:
            whole = hasattr(given, "close")
            fields = (
                {f: getattr(given, f) for f in FIELDS if hasattr(given, f)}
                if whole
                else {"close": given}
            )
        missing = [name for name in self.inputs if name not in fields]
        if missing:
            raise DataNotFit(
                f"{self.name} needs {', '.join(self.inputs)}: {', '.join(missing)} not given"
            )
        return [fields[name] for name in self.inputs]
