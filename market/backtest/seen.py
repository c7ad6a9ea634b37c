"""What strategies see of a panel: prices adjusted forward by the actions known at each bar."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from market.actions import forward_views
from market.arrays import Floats, Mask
from market.backtest.panel import Panel
from market.backtest.signals import targets
from market.bars import Bars
from market.calendar import Calendar
from market.strategies.core.base import Strategy
from market.strategies.core.evaluation import decided
from market.strategies.core.inputs import inputs

Fields = dict[str, Floats]
Columns = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Earlier:
    """What was seen of one instrument at some of the sessions, before a late action was told.

    `columns` (n,) are those sessions, `fields` are (1, n).
    """

    row: int
    columns: Mask
    fields: Fields


_SEEN: WeakKeyDictionary[Panel, tuple[Fields, list[Earlier]]] = WeakKeyDictionary()
"""Strategy and baseline, and all the points of a grid, see one panel in the same way."""


def wanted_shares(strategy: Strategy, panel: Panel) -> Floats:
    """Wanted shares (m, n) as `targets` has them; raises what it does.

    Raw bars are seen adjusted forward for splits, dividends and spin-offs, so a split is no fall.
    An action that was told after its ex-date changes what is wanted from then on.
    """
    fields, earlier = _views(panel)
    wanted = targets(strategy, **fields)
    for view in earlier:
        wanted[view.row, view.columns] = targets(strategy, **view.fields)[0, view.columns]
    return wanted


def wanted_weights(
    strategy: Strategy, panel: Panel, calendar: Calendar, member: Mask | None = None
) -> Floats:
    """Wanted weights (n, m) as `weight_path` has them, of prices that are seen in the same way.

    Who is no `member` (m, n) at a session has neither inputs nor closes there.
    """
    fields, earlier = _views(panel)
    names = strategy.input_names()
    x = inputs(names, **fields)
    for view in earlier:
        x[:, view.row, view.columns] = inputs(names, **view.fields)[:, 0, view.columns]
    if member is not None:
        x = np.where(member, x, np.nan)

    def closes(sessions: slice, at: int) -> Floats:
        seen = np.ascontiguousarray(fields["close"][:, sessions].T)
        for view in earlier:
            if view.columns[at]:
                seen[:, view.row] = view.fields["close"][0, sessions]
        if member is not None:
            seen[:, ~member[:, at]] = np.nan
        return seen

    return decided(
        strategy,
        x,
        closes,
        session=panel.session,
        calendar=calendar,
        instrument_ids=panel.instrument_ids,
    )


def _views(panel: Panel) -> tuple[Fields, list[Earlier]]:
    """The fields (m, n) as they are seen at last, and what was seen before; once a panel."""
    rows = [row for row in range(len(panel.instrument_ids)) if panel.adjusting(row)]
    if not rows:
        return panel.fields(), []
    if panel not in _SEEN:
        _SEEN[panel] = _seen(panel, rows)
    return _SEEN[panel]


def _seen(panel: Panel, rows: list[int]) -> tuple[Fields, list[Earlier]]:
    fields = {name: values.copy() for name, values in panel.fields().items()}
    earlier: list[Earlier] = []
    for row in rows:
        bars = panel.history(row)
        at = np.searchsorted(panel.session, bars.session)
        *before, (_, last) = forward_views(bars, panel.actions_of(row))
        _put(fields, row, at, last)
        earlier += [
            Earlier(row, _columns(panel, at[part]), _alone(panel, at, seen))
            for part, seen in before
        ]
    return fields, earlier


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
