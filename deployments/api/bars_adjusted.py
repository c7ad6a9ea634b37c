"""Rows of bars adjusted for corporate actions, instrument by instrument, wherever a page begins."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import numpy as np
import pyarrow as pa

from cluster.errors import Fault
from cluster.stores.lake import Lake
from cluster.stores.lake.known_prices import known_prices
from deployments.api.bars_query import BarsQuery, carried, refuse_all
from market.actions.adjustment import KINDS
from market.actions.steps import Steps
from market.arrays import Floats
from market.errors import DataNotFit
from market.instruments import Instrument

_PRICES = ("open", "high", "low", "close", "vwap")

Adjusting = Mapping[str, Steps]
"""By id, what there is to adjust for; others are answered as recorded."""


def adjusting(
    lake: Lake, query: BarsQuery, members: Iterable[Instrument], *, snapshot: str, at: datetime
) -> Adjusting:
    """What rows of the members are adjusted for: actions known at `at`, by whole histories.

    Raises BadInput with a fault for each instrument whose prices cannot be adjusted so.
    """
    kinds = KINDS[query.adjustment or "raw"]
    raw = {one.instrument_id: one for one in members if not one.adjusted}
    actions = lake.actions(raw, as_of=query.as_of, snapshot=snapshot) if kinds else []
    acted = {one.instrument_id for one in actions if isinstance(one, kinds)}
    found: dict[str, Steps] = {}
    faults: list[Fault] = []
    # One at a time: histories of minutes are large, and their steps are not.
    for name in sorted(acted):
        try:
            found |= _steps(lake, query, raw[name], snapshot=snapshot, at=at)
        except DataNotFit as exc:
            faults.append(Fault("query.adjustment", f"{raw[name].symbol}: {exc}", "data_not_fit"))
    refuse_all(faults)
    return found


def adjusted(rows: pa.Table, found: Adjusting) -> pa.Table:
    """The rows (BAR_SCHEMA) with prices and volumes adjusted; missing ones stay missing."""
    if not found or not rows.num_rows:
        return rows
    price, volume = _factors(rows, found)
    for name in (*_PRICES, "volume"):
        values = np.asarray(rows[name].to_numpy(), dtype=np.float64)
        scaled = values * (volume if name == "volume" else price)
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, rows.schema.field(place), pa.array(scaled, from_pandas=True))
    return rows


def _steps(
    lake: Lake, query: BarsQuery, instrument: Instrument, *, snapshot: str, at: datetime
) -> Adjusting:
    histories = known_prices(
        lake,
        [instrument],
        timeframe=query.timeframe,
        at=at,
        as_of=query.as_of,
        snapshot=snapshot,
    )
    wanted = carried(query, instrument)
    return {name: history.steps(wanted) for name, history in histories.items()}


def _factors(rows: pa.Table, found: Adjusting) -> tuple[Floats, Floats]:
    """What each row's prices and volume are multiplied by."""
    ids = rows["instrument_id"].combine_chunks().dictionary_encode()
    place = ids.indices.to_numpy()
    session = np.asarray(rows["session"].to_numpy(), dtype="datetime64[D]")
    price, volume = np.ones(rows.num_rows), np.ones(rows.num_rows)
    for number, name in enumerate(ids.dictionary.to_pylist()):
        if name in found:
            own = place == number
            factors = found[name].back(session[own])
            price[own], volume[own] = factors.price, factors.volume
    return price, volume
