"""An instrument's life in raw prices: first and last session, actions, and what they make of the path."""

from dataclasses import dataclass

import numpy as np

from market.actions import Action, SpinOff
from market.arrays import Floats
from market.worlds.events import LEAD, announced, delisting, effect, event_draws, planned_actions
from market.worlds.paths import Paths
from market.worlds.roles import Role, role_of


@dataclass(frozen=True, eq=False)
class Life:
    """Rows ``first`` to ``stop`` (excluded) of the world's sessions, arrays by those (m,).

    ``closes`` are raw. A price x of the day's total-return path, which begins at the raw close
    before, is ``scale`` * x - ``shift`` in raw terms: both are 1 and 0 but on ex-dates.
    ``shares`` multiplies volumes: new shares for one of the first.
    """

    first: int
    stop: int
    price: float
    closes: Floats
    scale: Floats
    shift: Floats
    shares: Floats
    actions: tuple[Action, ...]

    @property
    def rows(self) -> range:
        """The world's sessions on which it is listed."""
        return range(self.first, self.stop)

    def before(self) -> Floats:
        """The raw close before each session; on the first one the price at which it is listed."""
        return np.concatenate(([self.price], self.closes[:-1]))


def life(paths: Paths, index: int) -> Life:
    """The life of instrument ``index``; what it is paid and split into depends on its own path alone.

    A dividend or spin-off is sized by the close at its announcement, and known from then on.
    """
    hours, role = paths.hours, role_of(index)
    place = event_draws(paths, index).life
    first, price = 0, paths.character(index).price
    if role is Role.LATE_LISTING:
        first = int(len(hours) * (0.2 + 0.3 * place))
    elif role is Role.SPUN_OFF:
        first, price = _birth(paths, index)
    stop = int(len(hours) * (0.6 + 0.25 * place)) if role is Role.DELISTING else len(hours)
    return _lived(paths, index, first=first, stop=stop, price=price)


def _birth(paths: Paths, index: int) -> tuple[int, float]:
    """Where its parent's spin-off puts a child: the ex-date's row, and its worth before that opens."""
    (action,) = life(paths, index - 1).actions
    if not isinstance(action, SpinOff):
        raise TypeError(action)
    return paths.hours.row(action.ex_date), action.child_price


def _lived(paths: Paths, index: int, *, first: int, stop: int, price: float) -> Life:
    growth = np.exp(paths.path(index).returns[first:stop])
    count = stop - first
    closes, scale, shift, shares = np.empty(count), np.ones(count), np.zeros(count), np.ones(count)
    actions: list[Action] = []
    start = 0
    for planned in planned_actions(paths, index):
        row = planned.row - first
        # First: what is announced is sized by one of these closes.
        _grow(closes, growth, start, row, price)
        action = announced(planned, paths.hours, index, close=float(closes[row - LEAD]))
        paid, ratio = effect(action)
        scale[row], shift[row] = 1.0 / ratio, paid / ratio
        shares[row:] *= ratio
        closes[row] = scale[row] * (closes[row - 1] * growth[row]) - shift[row]
        actions.append(action)
        start = row + 1
    _grow(closes, growth, start, count, price)
    if stop < len(paths.hours):
        actions.append(delisting(paths, index, row=stop, close=float(closes[-1])))
    return Life(first, stop, price, closes, scale, shift, shares, tuple(actions))


def _grow(closes: Floats, growth: Floats, start: int, stop: int, price: float) -> None:
    """Set the closes from ``start`` to ``stop``, which nothing but growth moves."""
    before = closes[start - 1] if start else price
    closes[start:stop] = before * np.cumprod(growth[start:stop])
