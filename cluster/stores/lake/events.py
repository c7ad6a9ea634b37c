"""What bars that are read must remember: that they were recorded adjusted, or what happened to the share."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from market.actions import Action, with_actions
from market.actions.standing import once_by
from market.bars import Bars, as_adjusted

_TICK = timedelta(microseconds=1)


def remembering(
    histories: Mapping[str, Bars],
    tellings: Iterable[Action],
    *,
    adjusted: Iterable[str],
    end: datetime | None,
) -> dict[str, Bars]:
    """The bars by instrument, of the kind that they are.

    `AdjustedBars` of those that were recorded so, `ActedBars` of raw ones that have actions which
    were once to happen before `end`: with all that is told of these, when they were moved too.
    """
    told: dict[str, list[Action]] = {}
    for action in once_by(tellings, date.max if end is None else (end - _TICK).date()):
        told.setdefault(action.instrument_id, []).append(action)
    after_the_fact = set(adjusted)
    return {
        name: as_adjusted(bars)
        if name in after_the_fact
        else with_actions(bars, told.get(name, []))
        for name, bars in histories.items()
    }
