"""Feature sets over indicators: rows depend on all bars since the instrument's first, by a state."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from market.arrays import Floats
from market.bars import Bars
from market.errors import BadParameter, DataNotFit
from market.features.declared import InstrumentSet
from market.features.indicator_column import IndicatorColumn
from market.features.window_set import Column, checked_series, over_closes
from market.indicators import Indicator
from market.indicators.core.indicator import FIELDS, State


@dataclass(frozen=True)
class AnchoredSet(InstrumentSet):
    """Columns over indicators, and over closes beside them.

    A scale-free set refuses indicators that are not homogeneous of degree 0 in price. State and
    rows are those of one adjustment of prices: those adjusted forward go on through actions, others
    start again from the first bar with each.
    A bar without an indicator's inputs gives NaN there and is passed over; operations over closes
    have NaN while the gap is in their window.
    """

    name: str
    version: int
    columns: tuple[Column | IndicatorColumn, ...]
    scale_free: bool = True
    kind: ClassVar[str] = "first-bar"

    def __post_init__(self) -> None:
        super().__post_init__()
        for column in self._of_indicators:
            degree = column.parsed.degrees[column.place]
            if self.scale_free and degree != 0:
                raise BadParameter(
                    f"column {column.name!r}: {column.indicator} has degree {degree} in price, and "
                    f"{self.name!r} is scale-free: expected degree 0",
                    parameter="columns",
                )

    def described(self) -> Sequence[Column | IndicatorColumn]:
        return self.columns

    @property
    def anchor(self) -> str:
        return "the instrument's first bar"

    @property
    def inputs(self) -> tuple[str, ...]:
        read = {field for indicator in self._indicators for field in indicator.inputs}
        read |= {"close"} if self._of_closes else set()
        return tuple(field for field in FIELDS if field in read)

    def compute(self, **fields: ArrayLike) -> Floats:
        """Features at each of n bars from the first on, shape (n, k); fields by name, each (n,)."""
        series = {name: checked_series(name, fields[name]) for name in self._checked(fields)}
        if len({len(values) for values in series.values()}) > 1:
            raise DataNotFit(f"{self.name}: {', '.join(series)} have unequal lengths")
        count = len(next(iter(series.values())))
        values = [
            indicator.batch(**{field: series[field] for field in indicator.inputs}).reshape(
                count, len(indicator.columns)
            )
            for indicator in self._indicators
        ]
        if self._of_closes:
            values.append(over_closes(self._of_closes, series["close"], 0))
        return np.column_stack(values)[:, self._places]

    def start(self) -> State:
        """The state (s,) before the first bar; it may be stored and continued anywhere."""
        # Closes before the first are missing: a window that holds one has no value.
        held = np.full(self._held, np.nan)
        return np.concatenate([held, *(indicator.start() for indicator in self._indicators)])

    def step(self, state: State, **fields: float) -> tuple[State, Floats]:
        """The state after one more bar and its features (k,): the bits of that row of ``compute``.

        ``state`` is that of this definition (``definition_hash``), and is not changed.
        """
        expected = self._held + sum(size for _, size in self._sizes)
        if state.shape != (expected,):
            raise DataNotFit(f"state of shape {state.shape}: {self.name} has {expected} numbers")
        bar = {name: float(fields[name]) for name in self._checked(fields)}
        at, values = self._held, list[Any]()
        closes = np.append(state[:at], bar.get("close", np.nan))
        states = [closes[1:]]
        for indicator, size in self._sizes:
            after, value = indicator.step(
                state[at : at + size], **{name: bar[name] for name in indicator.inputs}
            )
            states.append(after)
            values.append(value)
            at += size
        values.append(over_closes(self._of_closes, closes, self._held)[0])
        return np.concatenate(states), np.hstack(values)[self._places]

    def of_bars(self, bars: Bars, *, first: int = 0) -> Floats:
        """``bars`` start with the instrument's first bar."""
        return self.compute(**{name: getattr(bars, name) for name in self.inputs})[first:]

    def _checked(self, fields: dict[str, Any]) -> tuple[str, ...]:
        missing = [name for name in self.inputs if name not in fields]
        if missing:
            raise DataNotFit(f"{self.name} needs {', '.join(self.inputs)}: {missing[0]} not given")
        return self.inputs

    @cached_property
    def _of_indicators(self) -> tuple[IndicatorColumn, ...]:
        return tuple(column for column in self.columns if isinstance(column, IndicatorColumn))

    @cached_property
    def _of_closes(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if isinstance(column, Column))

    @cached_property
    def _indicators(self) -> tuple[Indicator, ...]:
        """Each once, however many columns read it."""
        return tuple({column.parsed.name: column.parsed for column in self._of_indicators}.values())

    @cached_property
    def _sizes(self) -> tuple[tuple[Indicator, int], ...]:
        return tuple((indicator, len(indicator.start())) for indicator in self._indicators)

    @cached_property
    def _held(self) -> int:
        """How many closes before a bar the operations over closes read."""
        return max((column.needs - 1 for column in self._of_closes), default=0)

    @cached_property
    def _places(self) -> list[int]:
        """Where each column stands among the values of all indicators and then of the closes."""
        starts, at = dict[str, int](), 0
        for indicator in self._indicators:
            starts[indicator.name] = at
            at += len(indicator.columns)
        over = {column.name: at + k for k, column in enumerate(self._of_closes)}
        return [
            over[column.name]
            if isinstance(column, Column)
            else starts[column.parsed.name] + column.place
            for column in self.columns
        ]
