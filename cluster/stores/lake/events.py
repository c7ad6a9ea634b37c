"""What bars that are read must remember: that they were recorded adjusted, or what happened to the share."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time

from market.actions import Action, with_actions
from market.bars import Bars, as_adjusted


def remembering(
    histories: Mapping[str, Bars],
    actions: Iterable[Action],
    *,
    adjusted: Iterable[str],
    end: datetime | None,
) -> dict[str, Bars]:
    """The bars by instrument, of the kind that they are.

    `AdjustedBars` of those that were recorded so, `ActedBars` of raw ones that have actions with an
    ex-date before `end`.
    """
    told: dict[str, list[Action]] = {}
    for action in actions:
        if end is None or datetime.combine(action.ex_date, time(), UTC) < end:
            told.setdefault(action.instrument_id, []).append(action)
    after_the_fact = set(adjusted)
    return {
        name: as_adjusted(bars)
        if name in after_the_fact
        else with_actions(bars, told.get(name, []))
        for name, bars in histories.items()
    }
