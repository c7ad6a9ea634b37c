"""The lake: bars and what belongs to them on two clocks, read by snapshot, written by atomic commits."""

from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa

from cluster.stores.lake import actions as action_rows
from cluster.stores.lake import members as member_rows
from cluster.stores.lake.bars import check_delivery, spanned, with_partitions, with_vintage
from cluster.stores.lake.directory import UNIVERSES
from cluster.stores.lake.instruments import check_symbols, to_table
from cluster.stores.lake.keyed import AppendResult, one_of
from cluster.stores.lake.reading import LakeReader
from cluster.stores.lake.tables import ACTIONS, BARS, INSTRUMENTS, MEMBERS, check_timeframe
from cluster.stores.lake.times import instant
from cluster.stores.lake.universes import taken
from market.actions import Action
from market.instruments import Instrument
from market.universes import Membership


class Lake(LakeReader):
    """What is read of a lake, and what a delivery adds to it: all of one append or nothing."""

    def append_bars(
        self, dataset: str, timeframe: str, table: pa.Table, *, recorded_at: datetime
    ) -> AppendResult:
        """Commit what the delivery adds or restates, all of it or nothing.

        Rows that say what already stands are skipped, so that an append may be repeated. All rows
        are stamped `recorded_at`, and marked `recorded` if that was within a day of their end, else
        `backfilled`. Raises BadInput (nothing written) and StoreError.
        """
        check_timeframe(timeframe)
        rows = check_delivery(table, dataset=dataset, recorded_at=recorded_at)
        return self.tables[BARS.name].append(
            with_partitions(rows, dataset=dataset, timeframe=timeframe),
            recorded_at=recorded_at,
            where=spanned(rows, timeframe).where(),
            finish=with_vintage,
        )

    def append_instruments(
        self, dataset: str, instruments: Iterable[Instrument], *, recorded_at: datetime
    ) -> AppendResult:
        """Commit new and changed instruments. Raises BadInput if symbols would overlap in time."""
        instant(recorded_at, "recorded_at")
        if dataset not in self.directory().datasets and self.memberships(dataset):
            raise taken(dataset, "stored universe")
        rows = to_table(instruments, dataset=dataset, recorded_at=recorded_at)
        # Compared with every row, not with its own keys alone: a symbol may overlap with any.
        return self.tables[INSTRUMENTS.name].append(
            rows, recorded_at=recorded_at, check=check_symbols
        )

    def append_actions(
        self,
        dataset: str,
        actions: Iterable[Action],
        *,
        recorded_at: datetime,
        withdrawn: bool = False,
    ) -> AppendResult:
        """Commit actions that are new or say something else; `withdrawn` calls them off."""
        instant(recorded_at, "recorded_at")
        rows = action_rows.to_rows(
            actions, dataset=dataset, recorded_at=recorded_at, withdrawn=withdrawn
        )
        where = one_of("instrument_id", rows["instrument_id"].to_pylist())
        return self.tables[ACTIONS.name].append(rows, recorded_at=recorded_at, where=where)

    def append_memberships(
        self, memberships: Iterable[Membership], *, recorded_at: datetime
    ) -> AppendResult:
        """Commit entries and exits. Raises BadInput if intervals of an instrument would overlap."""
        instant(recorded_at, "recorded_at")
        memberships = list(memberships)
        for name in {membership.universe for membership in memberships}:
            if name in self.directory().datasets or name in UNIVERSES:
                raise taken(name, "dataset")
        rows = member_rows.to_rows(memberships, recorded_at=recorded_at)
        # Compared with every row: intervals of other starts are the ones that overlap.
        return self.tables[MEMBERS.name].append(
            rows, recorded_at=recorded_at, check=member_rows.check_overlap
        )
