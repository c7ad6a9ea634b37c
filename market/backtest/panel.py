"""Bars of several instruments on one time axis."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from market.actions import Action, Delisting, actions_with
from market.actions.adjustment import KINDS
from market.actions.standing import standing
from market.arrays import Days, Floats, Mask, Stamps
from market.bars import PRICES, Bars, as_adjusted
from market.errors import DataNotFit
from market.indicators.core.indicator import FIELDS

ADJUSTED_FOR = KINDS["all"]
"""The actions that prices are adjusted for: splits and payments."""


@dataclass(frozen=True, eq=False)
class Panel:
    """m instruments over the union of their n sessions, rows contiguous; NaN (NaT) without a bar.

    Daily bars: a session holds at most one bar of an instrument. `opened` and `closed` are the
    instants of a bar's open and of its end (datetime64[us], UTC). `adjusted` are the instruments
    whose bars are, `actions` what is told of any of them, in the currency of its prices.
    """

    instrument_ids: tuple[str, ...]
    session: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    opened: Stamps
    closed: Stamps
    adjusted: frozenset[str] = frozenset()
    actions: tuple[Action, ...] = ()

    @classmethod
    def from_bars(
        cls,
        bars: Bars | Sequence[Bars],
        *,
        actions: Iterable[Action] = (),
        end: date | None = None,
    ) -> "Panel":
        """Instruments in the order given, with the actions that are theirs.

        Those are the ones that bars remember (`ActedBars`, as the lake gives them) and those given.
        An instrument ends at its delisting: bars from then on are left out, and its session is one
        of the panel's. A delisting later than `end` has not come; without one, later than what can
        be the session after the last bar of all, by the gaps between sessions. Raises `DataNotFit`
        for two bars in a session, a bad price, and what are no `Bars`.
        """
        bars = [bars] if isinstance(bars, Bars) else [*bars]
        if not bars:
            raise DataNotFit("no bars: check the universe and the dates")
        for history in bars:
            # First: of two bars of a session the later would overwrite the earlier without a word.
            _check(history)
        told = _told_of(bars, actions)
        ends = _ends(told)
        if ends:
            last = _next(bars) if end is None else np.datetime64(end, "D")
            ends = {name: day for name, day in ends.items() if day <= last}
        return cls._aligned([_until(history, ends) for history in bars], ends, told)

    @classmethod
    def _aligned(
        cls, bars: Sequence[Bars], ends: Mapping[str, np.datetime64], told: tuple[Action, ...]
    ) -> "Panel":
        """Checked bars, cut at the ends of whom is delisted, on the union of all sessions."""
        days = [history.session for history in bars]
        session = _union([*days, np.array([*ends.values()], "datetime64[D]")])
        shape = (len(bars), len(session))
        # A block each: fresh memory is dearer than what is written there, but in large pages.
        fields = dict(zip(FIELDS, np.empty((len(FIELDS), *shape)), strict=True))
        opened, closed = np.empty((2, *shape), "datetime64[us]")
        for row, history in enumerate(bars):
            at: slice | NDArray[np.intp] = np.s_[:]
            # Of as many sessions as all together have, none lies elsewhere.
            if len(history) < len(session):
                at = np.searchsorted(session, history.session)
                for values in fields.values():
                    values[row] = np.nan
                opened[row] = closed[row] = np.datetime64("NaT")
            for name in FIELDS:
                fields[name][row, at] = getattr(history, name)
            opened[row, at], closed[row, at] = history.timestamp, history.available_at
        ids = tuple(history.instrument_id for history in bars)
        adjusted = frozenset(history.instrument_id for history in bars if history.adjusted)
        return cls(
            ids, session, **fields, opened=opened, closed=closed, adjusted=adjusted, actions=told
        )

    def fields(self) -> dict[str, Floats]:
        """What bars hold, by name, (m, n) each."""
        return {name: getattr(self, name) for name in FIELDS}

    @cached_property
    def held(self) -> dict[str, Mask]:
        """By field whether an instrument has any value of it, (m,)."""
        held: dict[str, Mask] = {}
        for name, values in self.fields().items():
            held[name] = np.logical_or.reduce(np.isfinite(values), axis=1)
        return held

    def columns(self, which: slice) -> "Panel":
        """The same instruments over some of the sessions."""
        arrays = {name: getattr(self, name)[:, which] for name in (*FIELDS, "opened", "closed")}
        # Contiguous, so that kernels are compiled for one layout.
        contiguous = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
        return Panel(
            self.instrument_ids,
            self.session[which],
            **contiguous,
            adjusted=self.adjusted,
            actions=self.actions,
        )

    def actions_of(self, row: int) -> list[Action]:
        """What is told of an instrument, every announcement of it."""
        return self._told.get(self.instrument_ids[row], [])

    @cached_property
    def _told(self) -> dict[str, list[Action]]:
        told: dict[str, list[Action]] = {}
        for action in self.actions:
            told.setdefault(action.instrument_id, []).append(action)
        return told

    def adjusting(self, row: int) -> bool:
        """Whether an instrument's prices are raw and there is something to adjust them for."""
        if self.instrument_ids[row] in self.adjusted or not self.held["close"][row]:
            return False
        return any(isinstance(action, ADJUSTED_FOR) for action in self.actions_of(row))

    def history(self, row: int) -> Bars:
        """An instrument's own bars, as they came in."""
        there = ~np.isnan(self.close[row])
        bars = Bars(
            self.instrument_ids[row],
            timestamp=self.opened[row, there],
            session=self.session[there],
            **{name: values[row, there] for name, values in self.fields().items()},
            available_at=self.closed[row, there],
        )
        return as_adjusted(bars) if bars.instrument_id in self.adjusted else bars

    def valued(self) -> Mask:
        """Where an instrument has a value of its own, (m, n): at its bars, and as it is delisted."""
        there: Mask = ~np.isnan(self.close)
        for name, day in _ends(self.actions).items():
            there[self.instrument_ids.index(name)] |= self.session == day
        return there


def booked(action: Action, bars: Bars) -> bool:
    """Whether a backtest on such bars books the action: splits and payments of adjusted ones are in them."""
    return isinstance(action, Delisting if bars.adjusted else (*ADJUSTED_FOR, Delisting))


def _told_of(bars: Sequence[Bars], actions: Iterable[Action]) -> tuple[Action, ...]:
    """Actions that the bars remember, and of those given the ones that are theirs, once each."""
    names = {history.instrument_id for history in bars}
    remembered = [action for history in bars for action in actions_with(history)]
    given = [action for action in actions if action.instrument_id in names]
    return tuple(dict.fromkeys([*remembered, *given]))


def _ends(actions: Sequence[Action]) -> dict[str, np.datetime64]:
    """The first session without trading of those that are delisted."""
    ends: dict[str, np.datetime64] = {}
    for action in standing(actions):
        if isinstance(action, Delisting):
            day = np.datetime64(action.ex_date, "D")
            ends[action.instrument_id] = min(day, ends.get(action.instrument_id, day))
    return ends


def _next(bars: Sequence[Bars]) -> np.datetime64:
    """The latest day that can be the session after all bars; NaT, which is after nothing, without any."""
    session = _union([history.session for history in bars])
    if not len(session):
        return np.datetime64("NaT", "D")
    # A weekend with a holiday on each side, where nobody trades on weekends.
    least = 5 if np.is_busday(session).all() else 1
    gaps = np.diff(session.astype("datetime64[D]").astype(np.int64))
    return np.datetime64(session[-1], "D") + np.timedelta64(max([least, *gaps.tolist()]), "D")


def _union(days: Sequence[Days]) -> Days:
    """All that occur, sorted. Most instruments have the same sessions, which are sorted once."""
    most = max(days, key=len)
    others = [sessions for sessions in days if not np.array_equal(sessions, most)]
    union: Days = np.unique(np.concatenate([most, *others]))
    return union


def _until(bars: Bars, ends: Mapping[str, np.datetime64]) -> Bars:
    end = ends.get(bars.instrument_id)
    return bars if end is None else bars.take(bars.session < end)


def _check(bars: Bars) -> None:
    if not isinstance(bars, Bars):
        raise DataNotFit(
            f"expected Bars of each instrument, got {type(bars).__name__}: "
            "`trii.backtest(frame, strategy)` takes frames of prices"
        )
    if np.any(np.diff(bars.session.astype("datetime64[D]").astype(np.int64)) <= 0):
        raise DataNotFit(f"{bars.instrument_id}: sessions are not strictly increasing; daily bars")
    if np.isnan(bars.close).any():
        raise DataNotFit(f"{bars.instrument_id}: a bar has no close")
    for name in PRICES:
        values = getattr(bars, name)
        # Nearly always so, and seen in two fast passes; false where one is NaN.
        if len(values) and values.min() > 0 and values.max() < np.inf:
            continue
        # NaN passes: instruments of closes alone have no open, high and low.
        if np.any((values <= 0) | np.isinf(values)):
            raise DataNotFit(f"{bars.instrument_id}: {name} holds a price that is not positive")
    if np.any((bars.volume < 0) | np.isinf(bars.volume)):
        raise DataNotFit(f"{bars.instrument_id}: volume holds a number that is no volume")
