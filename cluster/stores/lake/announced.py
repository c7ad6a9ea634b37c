"""Actions of instruments as they were announced, altered and called off: what of them stood when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from cluster.stores.lake.actions import to_actions
from cluster.stores.lake.keyed import one_of, scan
from cluster.stores.lake.lake import Lake
from cluster.stores.lake.snapshots import ABSENT, Snapshot
from cluster.stores.lake.tables import ACTIONS
from cluster.stores.lake.vintages import known_from, standing
from market.actions import Dividend, adjust_forward
from market.actions.adjustment import check_currency
from market.arrays import Days, Stamps
from market.bars import Bars
from market.errors import DataNotFit


@dataclass(frozen=True, eq=False)
class Announced:
    """Every vintage of one instrument's actions, by key and record, and the currency of its prices."""

    rows: pa.Table
    currency: str

    def adjusted(self, bars: Bars, *, at: datetime | None) -> Bars:
        """The bars adjusted forward by what was known at a time; None: by all that was ever told.

        Raises DataNotFit for a payment in another currency than that of the prices.
        """
        known = to_actions(standing(self.rows, ACTIONS.keys, as_of=at))
        return adjust_forward(bars, known, currency=self.currency)

    def fault(self) -> str:
        """Why prices cannot be adjusted for what stands; empty where they can."""
        try:
            check_currency(
                to_actions(standing(self.rows, ACTIONS.keys)), (Dividend,), self.currency
            )
        except DataNotFit as exc:
            return str(exc)
        return ""

    def changes(self, session: Days, known: Stamps) -> Stamps:
        """When actions changed what bars of before are, which were there from `known` (n,) on.

        What is announced by the time of its ex-date's first bar changes none of them.
        """
        told = known_from(self.rows, self._first())
        return np.array(
            [at for at, ex in zip(told, self._from(), strict=True) if _any(session, known, ex, at)],
            dtype="datetime64[us]",
        )

    def _first(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Where the vintages of another action begin."""
        ids = np.array(self.rows["action_id"].to_pylist(), dtype=object)
        return np.append(True, ids[1:] != ids[:-1])

    def _from(self) -> Days:
        """From which session on each vintage says something new: its ex-date, or the former one."""
        ex = np.asarray(self.rows["ex_date"].to_numpy(), dtype="datetime64[D]")
        since: Days = np.minimum(ex, np.where(self._first(), ex, np.roll(ex, 1)))
        return since


def announced(lake: Lake, instrument_ids: Iterable[str], *, snapshot: str) -> dict[str, Announced]:
    """Those of the instruments that have actions and prices recorded raw, by id."""
    ids, version = sorted(set(instrument_ids)), Snapshot.parse(snapshot).of(ACTIONS.name)
    if not ids or version == ABSENT:
        return {}
    where = one_of("instrument_id", ids)
    rows = scan(lake.tables[ACTIONS.name].delta.at(version), ACTIONS.schema, where)
    names = np.array(rows["instrument_id"].to_pylist(), dtype=object)
    raw = {
        listed.instrument_id: listed.currency
        for listed in (lake.directory(snapshot=snapshot).instruments if len(names) else ())
        if not listed.adjusted
    }
    order = [(name, "ascending") for name in (*ACTIONS.keys, "recorded_at")]
    return {
        name: Announced(rows.filter(pa.array(names == name)).sort_by(order), raw[name])
        for name in sorted(set(names) & raw.keys())
    }


def _any(session: Days, known: Stamps, ex: np.datetime64, at: np.datetime64) -> bool:
    return bool(np.any((session >= ex) & (known < at)))
