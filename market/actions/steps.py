"""What each ex-date does to prices and volumes: from closes on both sides of it, laid out back or forward."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from market.actions.kinds import Action, Dividend, SpinOff, Split
from market.actions.payments import Convention, Event, payment_factors
from market.arrays import Days, Floats
from market.bars import Bars


@dataclass(frozen=True, eq=False)
class Factors:
    """What raw values are multiplied by, shape (n,) each."""

    price: Floats
    volume: Floats


@dataclass(frozen=True, eq=False)
class Steps:
    """Ex-dates that have bars on both sides, in order; (k,) each.

    ``session`` is that of the first bar from the ex-date on. ``ratio`` is how many shares one has
    become (1 where splits are not adjusted for), ``payment`` the factor of what was paid.
    """

    session: Days
    ratio: Floats
    payment: Floats

    def back(self, session: Days) -> Factors:
        """Factors of bars of these sessions (n,), in any order: 1 from the last ex-date on."""
        passed = np.searchsorted(self.session, session, side="right")
        return Factors(_later(self.payment / self.ratio)[passed], _later(self.ratio)[passed])

    def forward(self, session: Days) -> Factors:
        """The same from the other end: 1 before the first ex-date."""
        passed = np.searchsorted(self.session, session, side="right")
        return Factors(_sofar(self.ratio / self.payment)[passed], 1.0 / _sofar(self.ratio)[passed])


def steps(
    bars: Bars,
    actions: Iterable[Action],
    kinds: tuple[type[Action], ...],
    *,
    convention: Convention,
) -> Steps:
    """The steps of the actions given, which must be those that count, for actions of ``kinds``."""
    found = events(bars.session, actions, kinds)
    ratios = [event.ratio if Split in kinds else 1.0 for event in found]
    return Steps(
        bars.session[[event.row for event in found]],
        np.array(ratios, dtype=np.float64),
        np.array(payment_factors(bars, found, convention), dtype=np.float64),
    )


def events(
    session: Days, actions: Iterable[Action], kinds: tuple[type[Action], ...]
) -> list[Event]:
    """Actions by ex-date, in order, where there are bars on both sides of it."""
    groups: dict[date, list[Action]] = {}
    for action in actions:
        groups.setdefault(action.ex_date, []).append(action)
    days = sorted(groups)
    rows = np.searchsorted(session, np.array(days, dtype="datetime64[D]")).tolist()
    return [
        Event(row, _ratio(groups[day]), _paid(groups[day], kinds))
        for day, row in zip(days, rows, strict=True)
        if 0 < row < len(session)
    ]


def _ratio(group: list[Action]) -> float:
    # Sorted: in whatever order the splits of a day come.
    return math.prod(sorted(action.ratio for action in group if isinstance(action, Split)))


def _paid(group: list[Action], kinds: tuple[type[Action], ...]) -> float:
    """What one share held before receives, of the kinds that are adjusted for."""
    chosen = [action for action in group if isinstance(action, kinds)]
    dividends = [action.amount for action in chosen if isinstance(action, Dividend)]
    # Exactly rounded: in whatever order the payments of a day come.
    return math.fsum(dividends + [action.value for action in chosen if isinstance(action, SpinOff)])


def _later(steps: Floats) -> Floats:
    """Products (k + 1,) of the steps from each place on."""
    return np.append(np.cumprod(steps[::-1])[::-1], 1.0)


def _sofar(steps: Floats) -> Floats:
    """Products (k + 1,) of the steps before each place."""
    return np.append(1.0, np.cumprod(steps))
