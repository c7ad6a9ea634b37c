"""The lake: bars and instruments with two clocks, read by snapshot, written by atomic commits."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable

from cluster.errors import NotFound
from cluster.stores.lake.append import AppendResult, append
from cluster.stores.lake.bars import (
    Selection,
    changed_bars,
    check_delivery,
    read_bars,
    split,
    with_partitions,
)
from cluster.stores.lake.directory import Directory
from cluster.stores.lake.holdings import Holding, holdings
from cluster.stores.lake.instruments import changed_instruments, read_instruments, to_table
from cluster.stores.lake.snapshots import Snapshot
from cluster.stores.lake.tables import BARS, INSTRUMENTS, check_timeframe
from cluster.stores.lake.times import instant
from cluster.stores.lake.versioned import VersionedTable
from market.bars import BAR_SCHEMA, Bars
from market.instruments import Instrument


class Lake:
    """Delta tables below `root` (a folder). Cheap to make, safe to share between threads.

    A read sees one version of each table: the newest one, or that of a snapshot id. Within it,
    `as_of` cuts by `available_at`, and the vintage recorded last supersedes earlier ones.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = str(root)
        self._bars = VersionedTable(f"{self.root}/{BARS.name}", BARS)
        self._instruments = VersionedTable(f"{self.root}/{INSTRUMENTS.name}", INSTRUMENTS)
        self._directory: tuple[int | None, Directory] = (None, Directory([]))

    def __reduce__(self) -> tuple[type["Lake"], tuple[str]]:
        """Open tables stay in their process; a copy elsewhere opens its own."""
        return Lake, (self.root,)

    def bars(
        self,
        instrument_ids: Iterable[str],
        *,
        timeframe: str,
        start: datetime | None = None,
        end: datetime | None = None,
        as_of: datetime | None = None,
        snapshot: str | None = None,
    ) -> pa.Table:
        """Bars with `start <= timestamp < end`, sorted by instrument and timestamp (BAR_SCHEMA).

        Missing numbers are null. An instrument without bars has no rows. Raises BadInput for a
        naive time or an unknown timeframe, NotFound for a snapshot that this lake does not have.
        """
        ids = tuple(sorted(set(instrument_ids)))
        wanted = Selection(ids, check_timeframe(timeframe), start, end, as_of)
        table = _at(self._bars, Snapshot.parse(snapshot).bars if snapshot is not None else None)
        return BAR_SCHEMA.empty_table() if table is None else read_bars(table, wanted)

    def histories(
        self,
        instrument_ids: Iterable[str],
        *,
        timeframe: str,
        start: datetime | None = None,
        end: datetime | None = None,
        as_of: datetime | None = None,
        snapshot: str | None = None,
    ) -> dict[str, Bars]:
        """The same bars as arrays, one `Bars` for each instrument that has any, sorted by id."""
        rows = self.bars(
            instrument_ids,
            timeframe=timeframe,
            start=start,
            end=end,
            as_of=as_of,
            snapshot=snapshot,
        )
        return split(rows)

    def append_bars(
        self, dataset: str, timeframe: str, table: pa.Table, *, recorded_at: datetime
    ) -> AppendResult:
        """Commit what the delivery adds or restates, all of it or nothing.

        Rows that say what already stands are skipped, so that an append may be repeated. All rows
        are stamped `recorded_at`. Raises BadInput (nothing written) and StoreError.
        """
        check_timeframe(timeframe)
        rows = check_delivery(table, dataset=dataset, recorded_at=recorded_at)

        return append(
            self._bars,
            lambda newest: changed_bars(newest, rows, timeframe),
            recorded_at=recorded_at,
            finish=lambda changed: with_partitions(changed, dataset=dataset, timeframe=timeframe),
        )

    def append_instruments(
        self, dataset: str, instruments: Iterable[Instrument], *, recorded_at: datetime
    ) -> AppendResult:
        """Commit new and changed instruments. Raises BadInput if symbols would overlap in time."""
        instant(recorded_at, "recorded_at")
        rows = to_table(instruments, dataset=dataset, recorded_at=recorded_at)
        return append(
            self._instruments,
            lambda newest: changed_instruments(newest, rows),
            recorded_at=recorded_at,
        )

    def instruments(
        self, *, as_of: datetime | None = None, snapshot: str | None = None
    ) -> list[Instrument]:
        """Every instrument by id and symbol; with `as_of`, those whose symbol held on that date."""
        rows = self.directory(snapshot=snapshot).instruments
        if as_of is None:
            return list(rows)
        day = instant(as_of, "as_of").as_py().date()
        return [one for one in rows if one.is_valid_on(day)]

    def directory(self, *, snapshot: str | None = None) -> Directory:
        """Symbols, ids and universes of the newest version or of a snapshot, read once a version."""
        version = (
            Snapshot.parse(snapshot).instruments
            if snapshot is not None
            else self._instruments.version()
        )
        if version is None:
            return Directory([])
        known, directory = self._directory
        if known != version:
            directory = Directory(read_instruments(self._instruments.at(version)))
            self._directory = (version, directory)
        return directory

    def resolve(self, symbol: str, *, at: datetime) -> Instrument:
        """The instrument that a symbol means at a time. Raises UnknownSymbol with near names."""
        return self.directory().resolve(symbol, at=at)

    def universe(self, name: str) -> list[Instrument]:
        """The members of a universe, sorted by symbol. Raises BadInput for an unknown one."""
        return self.directory().universe(name)

    def near(self, symbol: str) -> list[str]:
        """Up to three symbols that look like this one."""
        return self.directory().near(symbol)

    def snapshot(self) -> str:
        """The id of what stands now. Raises NotFound while the lake is empty."""
        # Bars first: their instruments were committed before them.
        bars, instruments = self._bars.version(), self._instruments.version()
        if bars is None or instruments is None:
            raise NotFound("the lake is empty: run `trii data ingest`")
        return str(Snapshot(bars=bars, instruments=instruments))

    def identity(self) -> str | None:
        """Which lake this is, None while it is empty: in a lake filled anew versions begin again."""
        return self._bars.identity()

    def version(self) -> int:
        """A number that grows with every commit, 0 while the lake is empty. About a millisecond."""
        versions = (self._bars.version(), self._instruments.version())
        return sum(version + 1 for version in versions if version is not None)

    def holdings(self) -> list[Holding]:
        """What the lake holds by dataset and timeframe, from the log alone: no data is read."""
        table = _at(self._bars, None)
        return [] if table is None else holdings(table)


def _at(table: VersionedTable, version: int | None) -> DeltaTable | None:
    """The table at a version, by default its newest; None while it does not exist."""
    if version is None:
        version = table.version()
    return None if version is None else table.at(version)
