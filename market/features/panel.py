"""Base values of a universe on one axis: what each instrument's own features were at each session."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market.arrays import Days, Floats, Stamps
from market.bars import Bars
from market.errors import DataNotFit
from market.features.declared import InstrumentSet

_NEVER = np.datetime64("NaT", "us")


@dataclass(frozen=True, eq=False)
class BasePanel:
    """``base`` (t, n, b) of b base columns, n instruments and t sessions; NaN without a bar.

    ``available_at`` (t, n), UTC: when all that a value reads was known; NaT without a bar.
    """

    instruments: tuple[str, ...]
    session: Days
    base: Floats
    available_at: Stamps

    def __post_init__(self) -> None:
        shape = (len(self.session), len(self.instruments))
        if self.base.ndim != 3 or self.base.shape[:2] != shape:
            raise DataNotFit(
                f"base values have shape {self.base.shape}: expected {shape} and columns"
            )
        if self.available_at.shape != shape:
            raise DataNotFit(f"available_at has shape {self.available_at.shape}: expected {shape}")
        if len(set(self.instruments)) < len(self.instruments):
            raise DataNotFit("an instrument is in the panel twice")


def base_panel(base: InstrumentSet, histories: Sequence[Bars], session: Days) -> BasePanel:
    """The rows of a per-instrument set at sessions (t,), computed over each instrument's own bars.

    A window set needs ``lookback`` bars up to the first session, another one all bars from the
    instrument's first on. A bar that came late holds up all rows after it until it was known.
    Raises DataNotFit unless the bars have one row a session, in order.
    """
    session = np.asarray(session, dtype="datetime64[D]")
    shape = (len(session), len(histories))
    values = np.full((*shape, len(base.names)), np.nan)
    known: Stamps = np.full(shape, _NEVER)
    for at, bars in enumerate(histories):
        rows, there, first = _places(bars, session)
        values[there, at] = base.of_bars(bars, first=first)[rows - first]
        known[there, at] = np.maximum.accumulate(bars.available_at.astype("datetime64[us]"))[rows]
    return BasePanel(tuple(bars.instrument_id for bars in histories), session, values, known)


def _places(bars: Bars, session: Days) -> tuple[NDArray[np.intp], NDArray[np.bool_], int]:
    """The bars' rows at the sessions, the sessions that have one, and the first of the rows."""
    if (np.diff(bars.session) <= np.timedelta64(0, "D")).any():
        raise DataNotFit(f"bars of {bars.instrument_id} are not one a session, in order")
    rows = np.searchsorted(bars.session, session)
    there = rows < len(bars)
    there[there] = bars.session[rows[there]] == session[there]
    rows = rows[there]
    return rows, there, int(rows.min()) if len(rows) else len(bars)
