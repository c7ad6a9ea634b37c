"""Prices and volumes adjusted for actions: a view of raw bars, by a factor convention with a name."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

import numpy as np

from market.actions.kinds import Action, Dividend, SpinOff, Split
from market.actions.standing import counted
from market.arrays import Floats
from market.bars import PRICES, Bars
from market.calendar import Calendar
from market.errors import BadParameter, DataNotFit

Adjustment = Literal["raw", "split", "dividend", "spin-off", "all"]
"""Which actions prices are adjusted for; ``dividend`` includes special ones."""
Convention = Literal["vendor", "total-return"]
"""The factor of a payment D with ex-date t (close P): see ``factors``."""

_KINDS: dict[str, tuple[type[Action], ...]] = {
    "raw": (),
    "split": (Split,),
    "dividend": (Dividend,),
    "spin-off": (SpinOff,),
    "all": (Split, Dividend, SpinOff),
}


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
) -> Bars:
    """The bars known at ``as_of`` (aware), adjusted for the actions that count then.

    The last bar keeps its raw prices; earlier ones are scaled to it (back-adjusted), so levels
    change with each new action and returns between known bars do not. Open, high, low and close
    take the price factor, volume the inverse of the split factor. See ``factors`` for the rest.
    """
    known = bars.until(as_of)
    own = [one for one in actions if one.instrument_id == bars.instrument_id]
    standing = counted(own, at=as_of, calendar=calendar)
    found = factors(known, standing, adjustment=adjustment, convention=convention)
    prices = {name: getattr(known, name) * found.price for name in PRICES}
    return replace(known, **prices, volume=known.volume * found.volume)


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
    raw closes of its own two sessions only. Raises BadParameter for an unknown name, DataNotFit
    if D reaches P[t-1] under ``vendor``.
    """
    _check("adjustment", adjustment, get_args(Adjustment))
    _check("convention", convention, get_args(Convention))
    price, volume = np.ones(len(bars)), np.ones(len(bars))
    for row, group in _by_row(bars, actions).items():
        split = _ratio(group)
        paid = _paid(group, _KINDS[adjustment])
        if paid > 0.0:
            price[row - 1] *= _payment_factor(bars, row, paid, split, convention)
        if Split in _KINDS[adjustment]:
            price[row - 1] /= split
            volume[row - 1] *= split
    # The factor of an ex-date stands on the row before it, and holds for all rows up to there.
    return Factors(_product_of_later(price), _product_of_later(volume))


def _product_of_later(steps: Floats) -> Floats:
    """Each row's own step times all after it."""
    return np.ascontiguousarray(np.cumprod(steps[::-1])[::-1], dtype=np.float64)


def _by_row(bars: Bars, actions: Iterable[Action]) -> dict[int, list[Action]]:
    """Actions by the row that is the first from their ex-date on, where it has rows before it."""
    groups: dict[int, list[Action]] = {}
    for one in actions:
        row = int(np.searchsorted(bars.session, np.datetime64(one.ex_date, "D")))
        if 0 < row < len(bars):
            groups.setdefault(row, []).append(one)
    return groups


def _ratio(group: list[Action]) -> float:
    return math.prod(one.ratio for one in group if isinstance(one, Split))


def _paid(group: list[Action], kinds: tuple[type[Action], ...]) -> float:
    """What one share held before receives, of the kinds that are adjusted for."""
    chosen = [one for one in group if isinstance(one, kinds)]
    dividends = [one.amount for one in chosen if isinstance(one, Dividend)]
    return math.fsum(dividends + [one.value for one in chosen if isinstance(one, SpinOff)])


def _payment_factor(
    bars: Bars, row: int, paid: float, split: float, convention: Convention
) -> float:
    if convention == "total-return":
        after = bars.close[row:]
        held = split * _first(after[~np.isnan(after)])
        return held / (held + paid)
    before = bars.close[:row]
    last = _first(before[~np.isnan(before)][::-1])
    if paid >= last:
        raise DataNotFit(
            f"{bars.instrument_id} pays {paid} on {bars.session[row]} with a close of {last} before:"
            " the vendor convention has no factor for it, use total-return"
        )
    return 1.0 - paid / last


def _first(closes: Floats) -> float:
    """NaN without a close: the factor, and all that it scales, is then missing."""
    return float(closes[0]) if len(closes) else math.nan


def _check(parameter: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise BadParameter(
            f"{parameter}={value!r}: expected one of {', '.join(known)}", parameter=parameter
        )
