"""What a part of a history is adjusted for, by the bars at its ex-dates: no others are read."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Final

import numpy as np

from cluster.stores.lake.bars import Selection, split
from cluster.stores.lake.keyed import Where
from cluster.stores.lake.known_prices import History
from cluster.stores.lake.lake import Lake
from cluster.stores.lake.snapshots import Snapshot
from cluster.stores.lake.tables import BARS
from cluster.stores.lake.times import midnight
from market.actions import Adjustment
from market.actions.adjustment import KINDS
from market.actions.steps import Steps
from market.arrays import to_stamp
from market.bars import Bars

_DAY: Final = timedelta(days=1)
_REACHES: Final = (_DAY, 7 * _DAY, 60 * _DAY, None)
"""How far behind an ex-date its first close is looked for, until there is one; None: to the end."""

Window = tuple[datetime, datetime | None]


def part_steps(
    lake: Lake,
    part: History,
    adjustment: Adjustment,
    *,
    timeframe: str,
    as_of: datetime | None = None,
) -> Steps:
    """Of the steps of a whole history those that change the rows of a part of it, to the same bits.

    `part` holds bars of the instrument that follow one another, at least one. Of all others those
    from each later ex-date up to its first close decide. Raises as `History.steps`.
    """
    bars, kinds = part.bars, KINDS[adjustment]
    first = bars.session[0].item()
    acted = [action for action in part.counting() if isinstance(action, kinds)]
    days = sorted({action.ex_date for action in acted if action.ex_date > first})
    for reach in _REACHES:
        if not days:
            break
        # A session may open on the day before.
        windows = [_window(day, reach) for day in days]
        read = _read(lake, part, windows, timeframe=timeframe, as_of=as_of)
        bars = _joined(bars, read)
        known = read.until(part.at)
        days = [
            day
            for day, window in zip(days, windows, strict=True)
            if not _closes(known, day, window)
        ]
    return replace(part, bars=bars).steps(adjustment)


def _window(day: date, reach: timedelta | None) -> Window:
    return midnight(day) - _DAY, None if reach is None else midnight(day) + reach


def _read(
    lake: Lake,
    part: History,
    windows: Sequence[Window],
    *,
    timeframe: str,
    as_of: datetime | None,
) -> Bars:
    """The bars in some of the windows, in time order; read at once."""
    name = part.bars.instrument_id
    spans = [Selection((name,), timeframe, start, end, as_of).where() for start, end in windows]
    rows = reduce(or_, [span.rows for span in spans])
    found = lake.tables[BARS.name].read(
        Where(spans[0].files, rows),
        as_of=as_of,
        version=Snapshot.parse(part.snapshot).of(BARS.name),
    )
    return split(found).get(name, Bars.none(name))


def _joined(bars: Bars, more: Bars) -> Bars:
    """All of both in time order, each once."""
    _, kept = np.unique(np.concatenate([bars.timestamp, more.timestamp]), return_index=True)
    arrays = {
        field.name: np.concatenate([getattr(bars, field.name), getattr(more, field.name)])[kept]
        for field in fields(Bars)
        if field.name != "instrument_id"
    }
    return Bars(bars.instrument_id, **arrays)


def _closes(bars: Bars, day: date, window: Window) -> bool:
    """Whether a close stands in the window, from the day on."""
    end = window[1]
    inside = bars.session >= np.datetime64(day, "D")
    if end is not None:
        inside &= bars.timestamp < to_stamp(end)
    return bool((inside & ~np.isnan(bars.close)).any())
