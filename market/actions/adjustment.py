"""Prices and volumes adjusted for actions: a view of raw bars, by a factor convention with a name."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Literal, get_args

from market.actions.kinds import Action, Dividend, SpinOff, Split
from market.actions.payments import Convention
from market.actions.standing import counted
from market.actions.steps import Factors, Steps, steps
from market.bars import PRICES, Bars, as_adjusted
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
    take the price factor, volume the inverse of the split factor. See ``factors`` and
    ``standing_steps`` for the rest.
    """
    standing = standing_steps(
        bars,
        actions,
        adjustment=adjustment,
        convention=convention,
        as_of=as_of,
        calendar=calendar,
        currency=currency,
    )
    known = bars.until(as_of)
    scale = standing.back(known.session)
    prices = {name: getattr(known, name) * scale.price for name in PRICES}
    scaled = replace(known, **prices, volume=known.volume * scale.volume)
    return scaled if adjustment == "raw" else as_adjusted(scaled)


def standing_steps(
    bars: Bars,
    actions: Iterable[Action],
    *,
    adjustment: Adjustment,
    convention: Convention,
    as_of: datetime,
    calendar: Calendar,
    currency: str | None = None,
) -> Steps:
    """The steps, by the bars known at ``as_of``, of those actions that count then.

    ``currency`` is that of the prices; where it is given a dividend in another one that prices are
    adjusted for raises DataNotFit: convert it at its ex-date first. Raises DataNotFit for bars that
    are adjusted already.
    """
    _check("adjustment", adjustment, get_args(Adjustment))
    _check("convention", convention, get_args(Convention))
    if bars.adjusted:
        raise DataNotFit(f"bars of {bars.instrument_id} are adjusted already: expected raw ones")
    own = [action for action in actions if action.instrument_id == bars.instrument_id]
    counting = counted(own, at=as_of, calendar=calendar)
    if currency is not None:
        check_currency(counting, KINDS[adjustment], currency)
    return steps(bars.until(as_of), counting, KINDS[adjustment], convention=convention)


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
    return steps(bars, actions, KINDS[adjustment], convention=convention).back(bars.session)


def check_currency(actions: list[Action], kinds: tuple[type[Action], ...], currency: str) -> None:
    """Raise DataNotFit for a payment of ``kinds`` in another currency than that of the prices."""
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
