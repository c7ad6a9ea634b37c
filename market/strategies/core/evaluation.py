"""The weights that a portfolio strategy asks for over time, decided date by date."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from market.arrays import Days, Floats
from market.calendar import Calendar
from market.errors import BadParameter, DataNotFit
from market.strategies.core.base import Rebalance, Strategy
from market.strategies.core.book import Book
from market.strategies.core.inputs import inputs
from market.strategies.core.told import weights_of

Closes = Callable[[slice, int], Floats]
"""Closes (h + 1, N) of some sessions as they are seen at the close of session t; the caller's own."""

# Shares that make up all of equity, such as ten tenths, may add up to a rounding above 1.
_ROUNDING = 1e-9


def weight_path(
    strategy: Strategy,
    close: Floats,
    *,
    session: Days,
    calendar: Calendar,
    instrument_ids: Sequence[str] | None = None,
    **others: Floats,
) -> Floats:
    """Wanted shares of equity (T, N) at the close of each session, of closes (T, N).

    `others` are the other fields of bars (T, N) by name, such as `volume=...`, for inputs that need
    them; `instrument_ids` (N,) are by default the numbers of the columns.

    The rule gets copies of the rows up to its date and nothing else, so no row depends on a later
    one. Between its dates it keeps what it asked for last. `calendar` says which sessions are the
    last of their week or month; it must reach beyond the last one. Raises `BadParameter` for a
    strategy of symbol scope and `DataNotFit` for a field that is missing and for weights of another
    shape or name, not finite, of more than 1 in all, or in an instrument without a close that day.
    """
    if strategy.scope() != "portfolio":
        raise BadParameter(f"strategy {strategy.name!r} decides for one instrument at a time")
    if close.shape[:1] != session.shape:
        raise DataNotFit(f"{len(close)} closes and {len(session)} sessions: expected the same")
    panels = {"close": close, **others}
    # Inputs run along an instrument; panels come with a session a row.
    rows = {name: np.ascontiguousarray(panel.T) for name, panel in panels.items()}
    x = inputs(strategy.input_names(), **rows)
    names = tuple(map(str, range(close.shape[1]) if instrument_ids is None else instrument_ids))
    return decided(
        strategy,
        x,
        lambda rows, _: close[rows].copy(),
        session=session,
        calendar=calendar,
        instrument_ids=names,
    )


def decided(
    strategy: Strategy,
    x: Floats,
    closes: Closes,
    *,
    session: Days,
    calendar: Calendar,
    instrument_ids: tuple[str, ...],
) -> Floats:
    """The same of inputs (k, N, T) as they were seen at each session; `closes` tell what was, by date."""
    past = int(strategy.values[strategy.history]) if strategy.history else 0
    wanted, asked = np.zeros((len(session), x.shape[1])), np.zeros(x.shape[1])
    decides = decision_dates(session, strategy.rebalance, calendar=calendar)
    for t in range(len(session)):
        if decides[t]:
            seen = closes(slice(max(0, t - past), t + 1), t)
            book = Book(session[t], asked.copy(), seen, instrument_ids)
            today = seen[-1].copy()
            told = strategy.weights(x[:, :, t].copy(), book)
            asked = weights_of(told, instrument_ids, of=strategy.name)
            _check(asked, today, of=strategy)
        wanted[t] = asked
    return wanted


def decision_dates(session: Days, rebalance: Rebalance, *, calendar: Calendar) -> NDArray[np.bool_]:
    """Which sessions (T,) are the last of their period, (T,); the calendar knows what follows."""
    if rebalance == "session":
        return np.ones(len(session), dtype=bool)
    # The session after each: one is the last of its period where the next lies in another.
    place = np.searchsorted(calendar.days, session, side="right")
    if len(place) and place.max() >= len(calendar.days):
        raise DataNotFit(f"{calendar.name} has no session after {calendar.days[-1]}")
    last: NDArray[np.bool_] = _period(session, rebalance) != _period(
        calendar.days[place], rebalance
    )
    return last


def _period(days: Days, rebalance: Rebalance) -> NDArray[np.int64]:
    if rebalance == "month-end":
        return days.astype("datetime64[M]").astype(np.int64)
    # 1970-01-01 was a Thursday: three days on, weeks begin on Mondays.
    return (days.astype("datetime64[D]").astype(np.int64) + 3) // 7


def _check(wanted: Floats, close: Floats, *, of: Strategy) -> None:
    gross = float(np.abs(wanted).sum())
    # NaN is not at most 1 either.
    if not gross <= 1.0 + _ROUNDING:
        raise DataNotFit(
            f"strategy {of.name!r} gave weights of {gross:g} in all, expected at most 1: long and "
            "short shares of equity together"
        )
    if (wanted[np.isnan(close)] != 0.0).any():
        raise DataNotFit(f"strategy {of.name!r} wants an instrument without a close that day")
