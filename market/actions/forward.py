"""Prices adjusted forward: what one share of the first bar has become, as anybody could know at each bar.

Back-adjusted prices (``adjust``) end at today's level, so each new action changes all of the past.
These begin at the first bar's level: a row depends on bars up to it and on actions whose ex-date has
come, and keeps its bits whatever happens later. Features, signals and labels read them.
"""

from collections.abc import Iterable
from dataclasses import fields, replace

import numpy as np

from market.actions.adjustment import KINDS, check_currency
from market.actions.kinds import Action
from market.actions.steps import events, steps
from market.bars import PRICES, AdjustedBars, Bars
from market.errors import DataNotFit

_KINDS = KINDS["all"]


def adjust_forward(bars: Bars, actions: Iterable[Action], *, currency: str | None = None) -> Bars:
    """The bars in units of one share held since the first, for the actions given: those that count.

    Prices are multiplied by the shares that it has become, through splits and through payments
    (dividends, the value of spin-offs) reinvested at the first close from their ex-date on; volumes
    are divided by its splits. Returns between closes are those of ``adjust`` with ``total-return``.
    Before that close, where bars lack theirs, all prices are NaN. The bars themselves where nothing
    is to be adjusted. ``currency`` as for ``adjust``; raises DataNotFit for bars that are adjusted.
    """
    own = [action for action in actions if _counts(action, bars)]
    if not own:
        return bars
    if bars.adjusted:
        raise DataNotFit(f"bars of {bars.instrument_id} are adjusted already: expected raw ones")
    if currency is not None:
        check_currency(own, _KINDS, currency)
    grown = steps(bars, own, _KINDS, convention="total-return").forward(bars.session)
    price = np.where(_unknown(bars, own), np.nan, grown.price)
    prices = {name: getattr(bars, name) * price for name in PRICES}
    scaled = replace(bars, **prices, volume=bars.volume * grown.volume)
    return AdjustedBars(**{field.name: getattr(scaled, field.name) for field in fields(scaled)})


def _counts(action: Action, bars: Bars) -> bool:
    # An ex-date to come changes nothing yet, whatever it will pay.
    come = len(bars) > 0 and np.datetime64(action.ex_date, "D") <= bars.session[-1]
    return come and action.instrument_id == bars.instrument_id and isinstance(action, _KINDS)


def _unknown(bars: Bars, actions: list[Action]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Rows (n,) from an ex-date on that stand before the close at which its payment is reinvested."""
    known = np.flatnonzero(~np.isnan(bars.close))
    waiting = np.zeros(len(bars), dtype=bool)
    for event in events(bars.session, actions, _KINDS):
        after = int(np.searchsorted(known, event.row))
        until = known[after] if after < len(known) else len(bars)
        if event.paid > 0.0:
            waiting[event.row : until] = True
    return waiting
