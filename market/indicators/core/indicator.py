"""What an indicator is: declared inputs, parameters and columns over one of two mechanisms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from market.arrays import Floats
from market.errors import BadParameter, DataNotFit
from market.indicators.core.drive import settle, tame
from market.indicators.core.kernels import Params, Series, State
from market.indicators.core.mechanisms import Recursion, Window
from market.parameters import Parameter, rising

__all__ = ["FIELDS", "Definition", "Indicator", "State", "plain"]
_FLOAT = np.dtype(np.float64)
FIELDS = ("open", "high", "low", "close", "volume")
"""What an indicator may read of a bar."""
_KNOWN = frozenset(FIELDS)


@dataclass(frozen=True, slots=True)
class Definition:
    """An indicator before its parameters are chosen.

    ``inputs`` are the fields of a bar that it reads, ``columns`` the values of a row. ``degrees``
    has the degree of homogeneity in price of each column: with all prices times c the column is
    times c ** degree, whether volume stays (as adjustment for dividends leaves it) or is divided by
    c (as adjustment for splits does); None: not so, and it must be fed raw bars. ``rising`` are
    names of parameters that must increase strictly.
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
        names = [parameter.name for parameter in self.parameters]
        for refusal in rising(dict(zip(names, params, strict=True)), *self.rising):
            raise BadParameter(f"{of}: {refusal}", parameter=refusal.parameter)


@dataclass(frozen=True, slots=True)
class Indicator:
    """A definition with its parameters.

    A bar that misses a needed input (NaN, and also an infinite one) gives NaN at its row and leaves
    the state as it was: windows count valid bars. Rows are NaN until the indicator is warm, and
    where its definition divides by zero. ``batch`` and repeated ``step`` give the same bits, from
    the first bar on.

    Series are given as one object with the needed attributes (``Bars``), by name
    (``high=…, low=…, close=…``; names that are not needed are passed over), or, where only closes
    are needed, as one array.
    """

    definition: Definition
    params: tuple[float, ...]
    numbers: Params = field(init=False, repr=False, compare=False)
    """The parameters as kernels take them."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", np.array(self.params, dtype=np.float64))

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
        return tuple(
            name for name, values in series.items() if values.size and not np.isfinite(values).any()
        )

    def start(self) -> State:
        """The state before the first bar."""
        return np.zeros(self.definition.mechanism.size(len(self.inputs), self.params))

    def step(self, state: State, bar: Any = None, /, **fields: float) -> tuple[State, Any]:
        """The state after one more bar and its value; ``state`` itself is not changed.

        The value is a float, or a tuple of floats where there are several columns.
        """
        given = fields if bar is None else self._fields(bar)
        series = self._series({name: np.reshape(value, 1) for name, value in given.items()})
        after, rows = state.copy(), np.full((len(self.columns), 1), np.nan)
        if np.isfinite(series).all():
            self.definition.mechanism.advance(after, self.numbers, series, rows)
            settle(rows)
        values = rows[:, 0].tolist()
        return after, values[0] if len(values) == 1 else tuple(values)

    def batch(self, bars: Any = None, /, **fields: ArrayLike) -> Floats:
        """The values at each of n bars: shape (n,), or (n, c) where there are c columns."""
        series = self._series(fields if bars is None else self._fields(bars))
        mechanism, n = self.definition.mechanism, len(series[0])
        rows, state = np.empty((len(self.columns), n)), mechanism.blank(self.params)
        # Nothing is missing and nothing overflows, as a rule: no copy, and no NaN to settle.
        if tame(series):
            mechanism.kernel(state, self.numbers, series, rows)
        else:
            self.fill(series, rows)
        return rows[0] if len(rows) == 1 else rows.T

    def fill(self, series: Series, rows: Floats) -> None:
        """Writes the rows (c, n) of bars of any kind: some are missing, or too large to add."""
        there = np.isfinite(series).all(axis=0)
        part = np.empty((len(rows), int(there.sum())))
        mechanism = self.definition.mechanism
        kept = tuple([values[there] for values in series])
        mechanism.kernel(mechanism.blank(self.params), self.numbers, kept, part)
        rows[:] = np.nan
        rows[:, there] = part
        settle(rows)

    def _fields(self, given: Any) -> dict[str, Any]:
        """What an object with fields holds, or an array of closes."""
        if getattr(given, "adjusted", False) and None in self.degrees:
            raise DataNotFit(
                f"{self.name} is not homogeneous in price: give it raw bars, not adjusted ones"
            )
        if not hasattr(given, "close"):
            return {"close": given}
        return {name: getattr(given, name) for name in FIELDS if hasattr(given, name)}

    def _series(self, given: Mapping[str, ArrayLike]) -> Series:
        """What was given for each input, in their order, as arrays of one shape (n,)."""
        try:
            series = tuple([plain(given[name]) for name in self.definition.inputs])
        except KeyError:
            raise DataNotFit(self._wrong(given)) from None
        if not _KNOWN.issuperset(given):
            raise DataNotFit(self._wrong(given))
        shape = series[0].shape
        for values in series:
            if values.shape != shape or len(shape) != 1:
                names = "closes" if self.inputs == ("close",) else ", ".join(self.inputs)
                shapes = ", ".join(str(values.shape) for values in series)
                raise DataNotFit(f"{self.name}: expected {names} of shape (n,), got {shapes}")
        return series

    def _wrong(self, fields: Mapping[str, Any]) -> str:
        if unknown := sorted(fields.keys() - _KNOWN):
            return f"{self.name}: unknown inputs {', '.join(unknown)}"
        missing = ", ".join(name for name in self.inputs if name not in fields)
        return f"{self.name} needs {', '.join(self.inputs)}: {missing} not given"


def plain(given: ArrayLike) -> Floats:
    """Contiguous float64 of which compiled code may take the address: a copy only where needed."""
    if type(given) is not np.ndarray or given.dtype is not _FLOAT:
        given = np.asarray(given, dtype=np.float64)
    return given if given.flags.carray else given.copy()
