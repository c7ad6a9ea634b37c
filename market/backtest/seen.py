"""What strategies see of a panel: prices adjusted forward by the actions known at each bar."""

import numpy as np
from numpy.typing import NDArray

from market.actions import forward_views
from market.arrays import Floats, Mask
from market.backtest.panel import Panel
from market.backtest.signals import targets
from market.bars import Bars
from market.strategies.core.base import Strategy

Fields = dict[str, Floats]
Columns = NDArray[np.intp]


def wanted_shares(strategy: Strategy, panel: Panel) -> Floats:
    """Wanted shares (m, n) as `targets` has them; raises what it does.

    Raw bars are seen adjusted forward for splits, dividends and spin-offs, so a split is no fall.
    An action that was told after its ex-date changes what is wanted from then on.
    """
    rows = [row for row in range(len(panel.instrument_ids)) if panel.adjusting(row)]
    if not rows:
        return targets(strategy, **panel.fields())
    fields = {name: values.copy() for name, values in panel.fields().items()}
    earlier: list[tuple[int, Mask, Fields]] = []
    for row in rows:
        bars = panel.history(row)
        at = np.searchsorted(panel.session, bars.session)
        *before, (_, last) = forward_views(bars, panel.actions_of(row))
        _put(fields, row, at, last)
        earlier += [
            (row, _columns(panel, at[part]), _alone(panel, at, seen)) for part, seen in before
        ]
    wanted = targets(strategy, **fields)
    for row, columns, own in earlier:
        wanted[row, columns] = targets(strategy, **own)[0, columns]
    return wanted


def _columns(panel: Panel, at: Columns) -> Mask:
    columns = np.zeros(len(panel.session), dtype=bool)
    columns[at] = True
    return columns


def _alone(panel: Panel, at: Columns, seen: Bars) -> Fields:
    """The fields (1, n) of one instrument."""
    fields = {name: np.full((1, len(panel.session)), np.nan) for name in panel.fields()}
    _put(fields, 0, at, seen)
    return fields


def _put(fields: Fields, row: int, at: Columns, seen: Bars) -> None:
    for name, values in fields.items():
        values[row, at] = getattr(seen, name)
