"""What the lake itself knows of bars that look wrong: recorded actions, listings and ends."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa

from cluster.providers.catalog import ENDED
from cluster.stores.lake import Holding, Lake
from jobs.freshness import InstrumentFreshness
from market.actions import Action, counted, factors
from market.actions.implied import split_shaped
from market.actions.standing import delisted_on
from market.bars import PRICES, Bars
from market.calendar import get_calendar
from market.errors import DataNotFit
from market.instruments import Instrument
from market.quality.outliers import outliers
from market.tables import numbers, stamps


@dataclass(frozen=True)
class Warned:
    """A bar that is unlikely, in words; `command` records the split that it looks like."""

    told: str
    command: str | None = None


class Known:
    """Listings and actions of some instruments, as they count at `now` (aware)."""

    def __init__(self, lake: Lake, ids: Sequence[str], *, now: datetime) -> None:
        self.listing: dict[str, Instrument] = {}
        for row in sorted(lake.instruments(), key=lambda row: row.valid_from):
            self.listing[row.instrument_id] = row
        own: dict[str, list[Action]] = defaultdict(list)
        for action in lake.tellings(ids):
            own[action.instrument_id].append(action)
        self.actions = {
            name: counted(actions, at=now, calendar=get_calendar(self.listing[name].calendar))
            for name, actions in own.items()
            if name in self.listing
        }

    def behind(self, series: InstrumentFreshness, held: Holding, *, grows: bool) -> int:
        """The sessions that a series lacks after its last bar, by what its dataset should hold.

        `grows`: a source delivers it again, so that it should reach up to now.
        """
        if held.dataset in ENDED:
            return 0
        calendar = get_calendar(self.listing[series.instrument_id].calendar)
        after = series.last_session + timedelta(days=1)
        lacking = len(calendar.sessions(after, held.last_session))
        due = series.sessions_behind if grows else lacking
        if ends := self._end(series.instrument_id):
            return min(due, len(calendar.sessions(after, ends - timedelta(days=1))))
        return due

    def _end(self, instrument_id: str) -> date | None:
        """The first day without trading, where one is known."""
        delisted = delisted_on(self.actions.get(instrument_id, ()))
        return delisted or self.listing[instrument_id].valid_to

    def explained(self, bars: Bars, table: pa.Table) -> pa.Table:
        """The table's prices and volumes adjusted for the actions that count."""
        standing = self.actions.get(bars.instrument_id, [])
        if not standing or self.listing[bars.instrument_id].adjusted:
            return table
        try:
            scale = factors(bars, standing, adjustment="all", convention="vendor")
        except DataNotFit:  # a payment above the price: splits can be counted all the same
            scale = factors(bars, standing, adjustment="split", convention="vendor")
        for name, factor in {**dict.fromkeys(PRICES, scale.price), "volume": scale.volume}.items():
            values = pa.array(numbers(table, name) * factor, from_pandas=True)
            table = table.set_column(table.schema.get_field_index(name), name, values)
        return table


def unlikely(known: Known, bars: Bars, table: pa.Table) -> list[Warned]:
    """What is far from the rest of one instrument's bars once recorded actions are counted."""
    explained = known.explained(bars, table)
    warned = outliers(explained)
    closes = numbers(explained, "close")
    listing = known.listing[bars.instrument_id]
    found = []
    for at, what in zip(stamps(warned, "timestamp"), warned["warning"].to_pylist(), strict=True):
        row = int(np.searchsorted(bars.timestamp, at))
        told = f"{at.item():%Y-%m-%dT%H:%MZ} {what}"
        before = closes[:row][~np.isnan(closes[:row])]
        if "jump" not in what or listing.adjusted or not len(before):
            found.append(Warned(told))
            continue
        found.append(_as_split(told, bars, row, float(before[-1]), float(closes[row])))
    return found


def _as_split(told: str, bars: Bars, row: int, before: float, after: float) -> Warned:
    ratio = split_shaped(before, after)
    if ratio is None:
        return Warned(told)
    return Warned(
        f"{told}, from {before:g} to {after:g} as by a split of {ratio:.12g}, which is not recorded",
        f"trii data action {bars.instrument_id} split {bars.session[row]} --ratio {ratio:.12g}",
    )
