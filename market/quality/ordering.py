"""Which rows of a delivery stand out of order or twice, so that one wrong stamp costs one row."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from market.arrays import Mask, RowNumbers, Stamps
from market.compiled import compiled
from market.tables import by_instrument, stamps

Ticks = NDArray[np.int64]
DUPLICATE, DISORDERED = "duplicate stamp", "out of order"


def order_faults(table: pa.Table, *, good: Mask, latest: bool = False) -> dict[str, Mask]:
    """Good rows (n,) that repeat a stamp of their instrument, or break its order, by fault.

    Of each instrument the longest run of rising stamps stands, in the order of the table. Of rows
    with one stamp that of the newest vintage stands (``recorded_at``). Where that leaves a choice
    the first rows stand, or with ``latest`` the last.
    """
    faults = {name: np.zeros(len(good), dtype=bool) for name in (DUPLICATE, DISORDERED)}
    times, recorded = stamps(table, "timestamp"), stamps(table, "recorded_at")
    for group in by_instrument(table, np.flatnonzero(good)):
        own = times[group]
        # As a rule a delivery is in order: only others pay for the search.
        if (own[1:] > own[:-1]).all():
            continue
        kept = _kept(own, recorded[group], latest=latest)
        twice = ~kept & np.isin(own, own[kept])
        faults[DUPLICATE][group] = twice
        faults[DISORDERED][group] = ~kept & ~twice
    return faults


def _kept(times: Stamps, recorded: Stamps, *, latest: bool) -> Mask:
    places = np.flatnonzero(_newest(times, recorded))
    kept = np.zeros(len(times), dtype=bool)
    kept[places[_rising(times[places].astype(np.int64), latest=latest)]] = True
    return kept


def _newest(times: Stamps, recorded: Stamps) -> Mask:
    """Rows whose stamp no row of a later vintage has."""
    _, stamp = np.unique(times, return_inverse=True)
    vintage = recorded.astype(np.int64)
    newest = np.full(int(stamp.max()) + 1, np.iinfo(np.int64).min)
    # ``at``, since stamps repeat: an assignment would keep the last row of each.
    np.maximum.at(newest, stamp, vintage)
    standing: Mask = vintage == newest[stamp]
    return standing


def _rising(values: Ticks, *, latest: bool) -> RowNumbers:
    """Places of the longest strictly rising run, in order; of several the one of the first rows.

    With ``latest`` the one of the last rows.
    """
    if latest:
        return (len(values) - 1 - _rising(-values[::-1], latest=False))[::-1]
    # In the mirror image of both axes the run that ends at a value is the one that begins there.
    return _first_run(values, _lengths(-values[::-1])[::-1])


@compiled
def _lengths(values: Ticks) -> Ticks:
    """The length of the longest strictly rising run that ends at each value (patience sorting)."""
    lowest = np.empty_like(values)  # the lowest value at which a run of each length ends
    lengths = np.empty_like(values)
    runs = 0
    for place in range(len(values)):
        low, high = 0, runs
        while low < high:
            middle = (low + high) // 2
            if lowest[middle] < values[place]:
                low = middle + 1
            else:
                high = middle
        lowest[low] = values[place]
        runs = max(runs, low + 1)
        lengths[place] = low + 1
    return lengths


@compiled
def _first_run(values: Ticks, following: Ticks) -> RowNumbers:
    """The first run of the greatest length; ``following`` has the longest that begins at each."""
    wanted = 0
    for length in following:
        wanted = max(wanted, length)
    run = np.empty(wanted, dtype=np.int64)
    taken = 0
    for place in range(len(values)):
        rises = taken == 0 or values[place] > values[run[taken - 1]]
        if wanted > 0 and following[place] == wanted and rises:
            run[taken] = place
            taken += 1
            wanted -= 1
    return run
