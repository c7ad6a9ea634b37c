"""Prices adjusted forward: what one share of the first bar has become, as anybody could know at each bar.

Back-adjusted prices (``adjust``) end at today's level, so each new action changes all of the past.
These begin at the first bar's level: a row depends on bars up to it and on actions whose ex-date has
come, and keeps its bits whatever happens later. Features, signals and labels read them.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import numpy as np

from market.actions.adjustment import KINDS, check_currency
from market.actions.kinds import Action
from market.actions.standing import known, once_by
from market.actions.steps import events, steps
from market.arrays import Days, Mask, Stamps, from_day, from_stamp, to_stamp
from market.bars import PRICES, Bars, as_adjusted
from market.errors import DataNotFit

_KINDS = KINDS["all"]
_NEVER = np.datetime64("NaT", "us")  # before nothing


def adjust_forward(bars: Bars, actions: Iterable[Action], *, currency: str | None = None) -> Bars:
    """The bars in units of one share held since the first, for the actions given: those that count.

    Prices are multiplied by the shares that it has become, through splits and through payments
    (dividends, the value of spin-offs) reinvested at the first close from their ex-date on; volumes
    are divided by its splits. Returns between closes are those of ``adjust`` with ``total-return``.
    Before that close, where bars lack theirs, all prices are NaN. The bars themselves where nothing
    is to be adjusted. ``currency`` as for ``adjust``; raises DataNotFit for bars that are adjusted.
    """
    own = [action for action in actions if _ours(action, bars) and _come(action, bars)]
    if not own:
        return bars
    if bars.adjusted:
        raise DataNotFit(f"bars of {bars.instrument_id} are adjusted already: expected raw ones")
    if currency is not None:
        check_currency(own, _KINDS, currency)
    grown = steps(bars, own, _KINDS, convention="total-return").forward(bars.session)
    price = np.where(_unknown(bars, own), np.nan, grown.price)
    prices = {name: getattr(bars, name) * price for name in PRICES}
    return as_adjusted(replace(bars, **prices, volume=bars.volume * grown.volume))


def forward_views(bars: Bars, actions: Iterable[Action]) -> list[tuple[slice, Bars]]:
    """Rows in time order, and for each stretch of them the bars adjusted as they were known there.

    One stretch, where every action was announced by the time of its ex-date's first bar: up to each
    of its rows the bars are those that a reader of its ``available_at`` saw. Of what was announced
    later than that, or altered, rows know from then on. Raises DataNotFit as ``adjust_forward``.
    """
    own = _touching(bars, actions)
    # A bar that came late holds up all rows after it until it was there.
    read_at = np.maximum.accumulate(bars.available_at)
    changes = late_tellings(own, bars.session, bars.available_at)
    stretch = np.searchsorted(changes, read_at, side="right")
    views = []
    for number in np.unique(stretch):
        first, end = np.searchsorted(stretch, [number, number + 1]).tolist()
        told = known(own, at=from_stamp(read_at[end - 1]))
        views.append((slice(first, end), adjust_forward(bars, told)))
    return views


def late_tellings(actions: Iterable[Action], session: Days, known_at: Stamps) -> Stamps:
    """When adjusted prices of before changed, in order: at tellings that came after their ex-date's bar.

    Of bars of these sessions (n,), in order, each there from ``known_at`` on. What is announced, altered
    or called off by the time of its ex-date's first bar changes none of them.
    """
    actions = list(actions)
    since: dict[tuple[str, ...], date] = {}
    for action in actions:
        since[action.key] = min(action.ex_date, since.get(action.key, action.ex_date))
    told = np.array([to_stamp(action.available_at) for action in actions], dtype="datetime64[us]")
    days = np.array([since[action.key] for action in actions], dtype="datetime64[D]")
    # When any bar from a row on was there first; behind the last there is none.
    earliest = np.append(np.minimum.accumulate(known_at[::-1])[::-1], _NEVER)
    late = earliest[np.searchsorted(session, days)] < told
    return np.unique(told[late])


def _touching(bars: Bars, actions: Iterable[Action]) -> list[Action]:
    """All announcements of what was once to happen by the last bar."""
    own = [action for action in actions if _ours(action, bars)]
    return once_by(own, from_day(bars.session[-1])) if len(bars) else []


def _ours(action: Action, bars: Bars) -> bool:
    return action.instrument_id == bars.instrument_id and isinstance(action, _KINDS)


def _come(action: Action, bars: Bars) -> bool:
    # An ex-date to come changes nothing yet, whatever it will pay.
    return bool(len(bars) and np.datetime64(action.ex_date, "D") <= bars.session[-1])


def _unknown(bars: Bars, actions: list[Action]) -> Mask:
    """Rows (n,) from an ex-date on that stand before the close at which its payment is reinvested."""
    closes = np.flatnonzero(~np.isnan(bars.close))
    waiting = np.zeros(len(bars), dtype=bool)
    if len(closes) == len(bars):
        return waiting
    for event in events(bars.session, actions, _KINDS):
        after = int(np.searchsorted(closes, event.row))
        until = closes[after] if after < len(closes) else len(bars)
        if event.paid > 0.0:
            waiting[event.row : until] = True
    return waiting
