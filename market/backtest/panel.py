"""Bars of several instruments on one time axis."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from market.arrays import Days, Floats, Stamps
from market.bars import PRICES, Bars
from market.errors import DataNotFit
from market.indicators.core.indicator import FIELDS


@dataclass(frozen=True, eq=False)
class Panel:
    """m instruments over the union of their n sessions, rows contiguous; NaN (NaT) without a bar.

    Daily bars: a session holds at most one bar of an instrument. `opened` and `closed` are the
    instants of a bar's open and of its end (datetime64[us], UTC).
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

    @classmethod
    def from_bars(cls, bars: Sequence[Bars]) -> "Panel":
        """Instruments in the order given. Raises `DataNotFit` for two bars in a session or a bad price."""
        if not bars:
            raise DataNotFit("no bars: check the universe and the dates")
        for history in bars:
            # First: of two bars of a session the later would overwrite the earlier without a word.
            _check(history)
        session = np.unique(np.concatenate([history.session for history in bars]))
        shape = (len(bars), len(session))
        fields = {name: np.full(shape, np.nan) for name in FIELDS}
        stamps = {name: np.full(shape, "NaT", "datetime64[us]") for name in ("opened", "closed")}
        for row, history in enumerate(bars):
            at = np.searchsorted(session, history.session)
            for name in FIELDS:
                fields[name][row, at] = getattr(history, name)
            stamps["opened"][row, at] = history.timestamp
            stamps["closed"][row, at] = history.available_at
        return cls(tuple(history.instrument_id for history in bars), session, **fields, **stamps)

    def fields(self) -> dict[str, Floats]:
        """What bars hold, by name, (m, n) each."""
        return {name: getattr(self, name) for name in FIELDS}

    def columns(self, which: slice) -> "Panel":
        """The same instruments over some of the sessions."""
        arrays = {name: getattr(self, name)[:, which] for name in (*FIELDS, "opened", "closed")}
        # Contiguous, so that kernels are compiled for one layout.
        contiguous = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
        return Panel(self.instrument_ids, self.session[which], **contiguous)


def _check(bars: Bars) -> None:
    if np.any(np.diff(bars.session.astype("datetime64[D]").astype(np.int64)) <= 0):
        raise DataNotFit(f"{bars.instrument_id}: sessions are not strictly increasing; daily bars")
    if np.isnan(bars.close).any():
        raise DataNotFit(f"{bars.instrument_id}: a bar has no close")
    for name in PRICES:
        values = getattr(bars, name)
        # NaN passes: instruments of closes alone have no open, high and low.
        if np.any((values <= 0) | np.isinf(values)):
            raise DataNotFit(f"{bars.instrument_id}: {name} holds a price that is not positive")
    if np.any((bars.volume < 0) | np.isinf(bars.volume)):
        raise DataNotFit(f"{bars.instrument_id}: volume holds a number that is no volume")
