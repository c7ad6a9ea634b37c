"""Prices and volumes adjusted for actions: a view of raw bars, by a factor convention with a name."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Literal, get_args

import numpy as np

from market.actions.kinds import Action, Dividend, SpinOff, Split
from market.actions.payments import Convention, Event, payment_factors
from market.actions.standing import counted
from market.arrays import Floats
from market.bars import PRICES, AdjustedBars, Bars
from market.calendar import Calendar
from market.errors import BadParameter, DataNotFit

Adjustment = Literal["raw", "split", "dividend", "spin-off", "all"]
"""Which actions prices are adjusted for; ``dividend`` includes special ones."""

KINDS: dict[str, tuple[type[Action], ...]] = {
    "raw": (),
    "split": (Split,),
    "dividend": (Dividend,),
    "spin-off": (SpinOff,),
    "all": (Split, Dividend, SpinOff),
}
"""The actions that each adjustment is for."""


@dataclass(frozen=True, eq=False)
class Factors:
    """What raw values are multiplied by, shape (n,) each; 1 from the last ex-date on."""

    price: Floats
    volume: Floats


def adjust(
    bars: Bars,
    actions: Iterable[Action],
    *,
    adjustment: Adjustment,
    convention: Convention,
    as_of: datetime,
    calendar: Calendar,
    currency: str | None = None,
) -> Bars:
    """The bars known at ``as_of`` (aware), adjusted for the actions that count then.

    The last bar keeps its raw prices; earlier ones are scaled to it (back-adjusted), so levels
    change with each new action and returns between known bars do not. Open, high, low and close
    take the price factor, volume the inverse of the split factor. See ``factors`` for the rest.
    ``currency`` is that of the prices; where it is given a dividend in another one that prices are
    adjusted for raises DataNotFit: convert it at its ex-date first. Raises DataNotFit for bars that
    are adjusted already.
    """
    if bars.adjusted:
        raise DataNotFit(f"bars of {bars.instrument_id} are adjusted already: expected raw ones")
    known = bars.until(as_of)
    own = [action for action in actions if action.instrument_id == bars.instrument_id]
    standing = counted(own, at=as_of, calendar=calendar)
    if currency is not None:
        _check_currency(standing, KINDS.get(adjustment, ()), currency)
    scale = factors(known, standing, adjustment=adjustment, convention=convention)
    prices = {name: getattr(known, name) * scale.price for name in PRICES}
    scaled = replace(known, **prices, volume=known.volume * scale.volume)
    if adjustment == "raw":
        return scaled
    return AdjustedBars(**{field.name: getattr(scaled, field.name) for field in fields(scaled)})


def factors(
    bars: Bars, actions: Iterable[Action], *, adjustment: Adjustment, convention: Convention
) -> Factors:
    """Factors of each bar for the actions given, which must be those that count.

    An action with ex-date t scales all bars before the first session >= t. With P[t-1] the last
    close before it, P[t] the first close from it on, s the split ratio of that day (1 without one)
    and D all that is paid for one share held at t-1 (dividends and the value of spin-offs):

    * split: 1 / s
    * ``vendor``: 1 - D / P[t-1], as data vendors publish (Yahoo's adjusted close)
    * ``total-return``: s P[t] / (s P[t] + D), so that returns are those of a holder who reinvests
      D at the close of t

    Where there is no bar before t, or none from t on, there is nothing to scale yet. A factor uses
    raw closes of its own two sessions only. Of several ex-dates between two closes (a halt) each
    payment is for the shares held before its own: after a split of 2 a dividend counts twice for
    one share held at t-1. Raises BadParameter for an unknown name, DataNotFit
    if D reaches P[t-1] under ``vendor``.
    """
    _check("adjustment", adjustment, get_args(Adjustment))
    _check("convention", convention, get_args(Convention))
    price, volume = np.ones(len(bars)), np.ones(len(bars))
    events = _events(bars, actions, KINDS[adjustment])
    for event, factor in zip(events, payment_factors(bars, events, convention), strict=True):
        # Several ex-dates may share a row, where trading was halted between.
        price[event.row - 1] *= factor
        if Split in KINDS[adjustment]:
            price[event.row - 1] /= event.ratio
            volume[event.row - 1] *= event.ratio
    # The factor of an ex-date stands on the row before it, and holds for all rows up to there.
    return Factors(_product_of_later(price), _product_of_later(volume))


def _product_of_later(steps: Floats) -> Floats:
    """Each row's own step times all after it."""
    return np.ascontiguousarray(np.cumprod(steps[::-1])[::-1], dtype=np.float64)


def _events(bars: Bars, actions: Iterable[Action], kinds: tuple[type[Action], ...]) -> list[Event]:
    """Actions by ex-date, in order, where there are bars on both sides of it."""
    groups: dict[date, list[Action]] = {}
    for action in actions:
        groups.setdefault(action.ex_date, []).append(action)
    days = sorted(groups)
    rows = np.searchsorted(bars.session, np.array(days, dtype="datetime64[D]")).tolist()
    return [
        Event(row, _ratio(groups[day]), _paid(groups[day], kinds))
        for day, row in zip(days, rows, strict=True)
        if 0 < row < len(bars)
    ]


def _ratio(group: list[Action]) -> float:
    return math.prod(action.ratio for action in group if isinstance(action, Split))


def _paid(group: list[Action], kinds: tuple[type[Action], ...]) -> float:
    """What one share held before receives, of the kinds that are adjusted for."""
    chosen = [action for action in group if isinstance(action, kinds)]
    dividends = [action.amount for action in chosen if isinstance(action, Dividend)]
    # Exactly rounded: in whatever order the payments of a day come.
    return math.fsum(dividends + [action.value for action in chosen if isinstance(action, SpinOff)])


def _check_currency(actions: list[Action], kinds: tuple[type[Action], ...], currency: str) -> None:
    for action in actions:
        if (
            isinstance(action, Dividend)
            and isinstance(action, kinds)
            and action.currency != currency
        ):
            raise DataNotFit(
                f"the {action.kind} of {action.instrument_id} on {action.ex_date} is paid in {action.currency} "
                f"and prices are in {currency}: convert it first"
            )


def _check(parameter: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise BadParameter(
            f"{parameter}={value!r}: expected one of {', '.join(known)}", parameter=parameter
        )
