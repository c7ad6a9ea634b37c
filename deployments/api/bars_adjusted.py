"""Rows of bars adjusted for corporate actions, instrument by instrument, wherever a page begins."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cluster.errors import Fault
from cluster.stores.lake import Lake
from cluster.stores.lake.known_prices import History, carried
from cluster.stores.lake.part_prices import part_steps
from deployments.api.bars_query import BarsQuery, refuse_all
from market.actions import Action
from market.actions.adjustment import KINDS
from market.actions.steps import Factors
from market.arrays import Floats
from market.bars import Bars
from market.errors import DataNotFit
from market.instruments import Instrument

_PRICES = ("open", "high", "low", "close", "vwap")


class Adjusting:
    """What rows of some instruments are adjusted for: by the actions that count at `at`.

    Raises BadInput with a fault for each instrument whose prices cannot be adjusted so.
    """

    def __init__(
        self,
        lake: Lake,
        query: BarsQuery,
        members: Iterable[Instrument],
        *,
        snapshot: str,
        at: datetime,
    ) -> None:
        self._lake = lake
        self._query = query
        self._snapshot = snapshot
        self._at = at
        self._raw = {member.instrument_id: member for member in members if not member.adjusted}
        self._tellings: dict[str, list[Action]] = defaultdict(list)
        if KINDS[query.adjustment or "raw"]:
            for told in lake.tellings(self._raw, as_of=query.as_of, snapshot=snapshot):
                self._tellings[told.instrument_id].append(told)
        self._check()

    def rows(self, rows: pa.Table) -> pa.Table:
        """The rows (BAR_SCHEMA) with prices and volumes adjusted; missing ones stay missing.

        Those of an instrument follow one another in time, and no others are read of its bars than
        those at its ex-dates.
        """
        price, volume = np.ones(rows.num_rows), np.ones(rows.num_rows)
        acted = set(rows["instrument_id"].unique().to_pylist()) & self._tellings.keys()
        for name in sorted(acted):
            own = pc.equal(rows["instrument_id"], name)
            place = np.flatnonzero(own)
            factors = self._factors(name, rows.filter(own))
            price[place], volume[place] = factors.price, factors.volume
        return _scaled(rows, price, volume) if acted else rows

    def _factors(self, name: str, rows: pa.Table) -> Factors:
        part = self._history(Bars.from_arrow(rows))
        steps = part_steps(
            self._lake,
            part,
            carried(self._query.adjustment, self._raw[name]),
            timeframe=self._query.timeframe,
            as_of=self._query.as_of,
        )
        return steps.back(np.asarray(rows["session"].to_numpy(), dtype="datetime64[D]"))

    def _check(self) -> None:
        faults: list[Fault] = []
        for name in sorted(self._tellings):
            try:
                self._history(Bars.none(name)).steps(
                    carried(self._query.adjustment, self._raw[name])
                )
            except DataNotFit as exc:
                fault = f"{self._raw[name].symbol}: {exc}"
                faults.append(Fault("query.adjustment", fault, "data_not_fit"))
        refuse_all(faults)

    def _history(self, bars: Bars) -> History:
        name = bars.instrument_id
        return History(self._raw[name], self._snapshot, bars, self._tellings[name], self._at)


def _scaled(rows: pa.Table, price: Floats, volume: Floats) -> pa.Table:
    for name in (*_PRICES, "volume"):
        values = np.asarray(rows[name].to_numpy(), dtype=np.float64)
        scaled = values * (volume if name == "volume" else price)
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, rows.schema.field(place), pa.array(scaled, from_pandas=True))
    return rows
