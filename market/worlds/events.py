"""Corporate actions of a world: what is to happen to each instrument, and how it is announced."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from market.actions import (
    Action,
    Delisting,
    Dividend,
    Rename,
    SpecialDividend,
    SpinOff,
    Split,
)
from market.arrays import from_day, from_stamp
from market.synthetic.randomness import Stream, normal, uniforms
from market.worlds.hours import Hours
from market.worlds.paths import Paths
from market.worlds.roles import Role, id_of, role_of, symbol_of

LEAD = 10
"""Sessions from the announcement of an action to its ex-date."""
_CHILD_RATIO = 0.5  # shares of the child for one of the parent
_DIVIDEND = 0.006  # of the close at the announcement
_ONCE: dict[Role, tuple[type[Action], float]] = {
    Role.SPLIT: (Split, 2.0),
    Role.REVERSE_SPLIT: (Split, 0.1),
    Role.SPECIAL_DIVIDEND: (SpecialDividend, 0.06),
    Role.SPIN_OFF: (SpinOff, 0.2),
    Role.RENAME: (Rename, 0.0),
}
"""What happens once: new shares for one, or a share of the close at the announcement."""
_LAST_WORD = 0.15  # volatility of the log of what a delisted share pays, by its last close


@dataclass(frozen=True, eq=False)
class PlannedAction:
    """An action still without amounts: what it is, and the row of its ex-date."""

    row: int
    kind: type[Action]
    size: float


class EventDraws(NamedTuple):
    """Uniform draws that place an instrument's events, and size the last of them."""

    life: float
    action: float
    last_word: float
    spare: float


def event_draws(paths: Paths, index: int) -> EventDraws:
    """The draws of instrument ``index``, from a stream of their own."""
    u = uniforms(paths.seed, Stream.WORLD_EVENT, index, first=0, rows=1, width=4)
    return EventDraws(*u[0].tolist())


def planned_actions(paths: Paths, index: int) -> list[PlannedAction]:
    """What is to happen, in order of ex-date."""
    sessions, role = len(paths.hours), role_of(index)
    place = event_draws(paths, index).action
    if role is Role.DIVIDENDS:
        quarter = paths.hours.per_year // 4
        rows = range(LEAD + int(quarter * place), sessions, quarter)
        return [PlannedAction(row, Dividend, _DIVIDEND) for row in rows]
    row = int(sessions * (0.25 + 0.5 * place))
    return [PlannedAction(row, *_ONCE[role])] if role in _ONCE else []


def announced(planned: PlannedAction, hours: Hours, index: int, *, close: float) -> Action:
    """The action that is planned, sized by the raw ``close`` of the session that announces it."""
    common: dict[str, Any] = {
        "instrument_id": id_of(index),
        "ex_date": from_day(hours.days[planned.row]),
        "available_at": from_stamp(hours.closes[planned.row - LEAD]),
    }
    if planned.kind is Split:
        return Split(**common, ratio=planned.size)
    if planned.kind is SpinOff:
        worth = planned.size * close / _CHILD_RATIO
        child = id_of(index + 1)
        return SpinOff(**common, child_id=child, ratio=_CHILD_RATIO, child_price=worth)
    if planned.kind is Rename:
        return Rename(**common, new_symbol=symbol_of(index).replace("WLD", "WLX"))
    kind = SpecialDividend if planned.kind is SpecialDividend else Dividend
    return kind(**common, amount=max(round(planned.size * close, 2), 0.01), currency="USD")


def effect(action: Action) -> tuple[float, float]:
    """What one share is paid, and how many new ones it becomes."""
    if isinstance(action, Split):
        return 0.0, action.ratio
    if isinstance(action, SpinOff):
        return action.value, 1.0
    return (action.amount if isinstance(action, Dividend) else 0.0), 1.0


def delisting(paths: Paths, index: int, *, row: int, close: float) -> Delisting:
    """A takeover, told after the last close: what it pays is that close on average."""
    (z,) = normal(np.array([event_draws(paths, index).last_word])).tolist()
    return Delisting(
        instrument_id=id_of(index),
        ex_date=from_day(paths.hours.days[row]),
        available_at=from_stamp(paths.hours.closes[row - 1]),
        # exp of a normal has the mean exp(variance / 2), which is taken off again.
        value=close * math.exp(_LAST_WORD * z - _LAST_WORD**2 / 2.0),
    )
