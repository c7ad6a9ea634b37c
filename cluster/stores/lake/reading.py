"""Reading the lake: bars and what belongs to them on two clocks, by snapshot."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Self, Unpack

import pyarrow as pa

from cluster.environment import reach_s3
from cluster.errors import NotFound
from cluster.stores.lake import actions as action_rows
from cluster.stores.lake import members as member_rows
from cluster.stores.lake.bars import Selection, split
from cluster.stores.lake.cut import Cut, Span
from cluster.stores.lake.directory import Directory
from cluster.stores.lake.events import remembering
from cluster.stores.lake.holdings import Holding, holdings
from cluster.stores.lake.instruments import to_objects
from cluster.stores.lake.keyed import ALL, KeyedTable, Where, one_of
from cluster.stores.lake.snapshots import Snapshot
from cluster.stores.lake.tables import (
    ACTIONS,
    BARS,
    INSTRUMENTS,
    MEMBERS,
    TABLES,
    TableSpec,
    check_timeframe,
)
from cluster.stores.lake.times import instant
from cluster.stores.lake.universes import Chosen, choose
from cluster.stores.places import lake_root
from cluster.stores.settings import DATASET_ORDER, DataSettings
from market.actions import Action
from market.bars import BAR_SCHEMA, Bars
from market.instruments import Instrument
from market.universes import Membership


class LakeReader:
    """Delta tables below `root`: a folder or the URL of one, or s3://bucket/prefix. Threads may share it.

    A read sees one version of each table: the newest one, or that of a snapshot id. Within it,
    `as_of` gives what could be known then: rows cut by `available_at`, and of each row the vintage
    that stood. Without it the vintage recorded last stands. Times are aware.

    `tables` are the tables by name, for whoever reads or writes more than bars and their like.
    """

    def __init__(self, root: str | Path, *, order: Sequence[str] = DATASET_ORDER) -> None:
        self.root = lake_root(root)
        self.order = tuple(order)
        self.tables: Mapping[str, KeyedTable] = {
            spec.name: KeyedTable(self.root, spec) for spec in TABLES
        }
        self._directory: tuple[int | None, Directory] = (None, Directory([]))

    @classmethod
    def of(cls, settings: DataSettings) -> Self:
        """The platform's own."""
        reach_s3(settings.s3_variables())
        return cls(settings.lake_url, order=settings.dataset_order)

    def __reduce__(self) -> tuple[Callable[[str], Self], tuple[str]]:
        """Open tables stay in their process; a copy elsewhere opens its own."""
        return partial(type(self), order=self.order), (self.root,)

    def bars(
        self,
        instrument_ids: Iterable[str],
        *,
        timeframe: str,
        **span: Unpack[Span],
    ) -> pa.Table:
        """Bars with `start <= timestamp < end`, sorted by instrument and timestamp (BAR_SCHEMA).

        Missing numbers are null. An instrument without bars has no rows. Raises BadInput for a
        naive time or an unknown timeframe, NotFound for a snapshot that this lake does not have.
        """
        ids = tuple(sorted(set(instrument_ids)))
        as_of = span.get("as_of")
        start, end = span.get("start"), span.get("end")
        wanted = Selection(ids, check_timeframe(timeframe), start, end, as_of)
        version = _version(span.get("snapshot"), BARS.name)
        where = wanted.where()  # also refuses naive times where nothing is asked for
        if not ids:
            return BAR_SCHEMA.empty_table()
        table = self.tables[BARS.name]
        return table.read(where, as_of=as_of, version=version, schema=BAR_SCHEMA)

    def histories(
        self,
        instrument_ids: Iterable[str],
        *,
        timeframe: str,
        **span: Unpack[Span],
    ) -> dict[str, Bars]:
        """The same bars as arrays, one `Bars` for each instrument that has any, sorted by id.

        `AdjustedBars` of what was recorded adjusted; raw bars with actions are `ActedBars`.
        """
        found = split(self.bars(instrument_ids, timeframe=timeframe, **span))
        if not found:
            return found
        cut: Cut = {"as_of": span.get("as_of"), "snapshot": span.get("snapshot")}
        listed = self._listed(span.get("snapshot"))
        adjusted = [instrument.instrument_id for instrument in listed if instrument.adjusted]
        told = self.tellings(found, **cut)
        return remembering(found, told, adjusted=adjusted, end=span.get("end"))

    def actions(
        self,
        instrument_ids: Iterable[str] | None = None,
        **cut: Unpack[Cut],
    ) -> list[Action]:
        """Corporate actions, by default of all instruments, sorted by instrument, kind and ex-date.

        With `as_of` those announced by then and not called off by then; whether one counts on a
        day is for `market.actions.counted` to say.
        """
        where = ALL if instrument_ids is None else one_of("instrument_id", instrument_ids)
        rows = self._read(ACTIONS.name, where, **cut)
        return action_rows.to_actions(rows)

    def tellings(self, instrument_ids: Iterable[str], **cut: Unpack[Cut]) -> list[Action]:
        """All that was ever told of the instruments' actions, by action and in the order told.

        Each is available from when it was known on, and one that is `withdrawn` calls its action off.
        With `as_of` those that were known by then. `market.actions.standing` says which stood when.
        """
        where, version = (
            one_of("instrument_id", instrument_ids),
            _version(cut.get("snapshot"), ACTIONS.name),
        )
        vintages = self.tables[ACTIONS.name].vintages(where, version=version)
        return action_rows.to_tellings(vintages, as_of=cut.get("as_of"))

    def action_ids(self, instrument_ids: Iterable[str]) -> set[str]:
        """Keys of all that was ever told of the instruments' actions, called off ones too."""
        rows = self._read(ACTIONS.name, one_of("instrument_id", instrument_ids))
        return set(rows["action_id"].to_pylist())

    def memberships(
        self,
        universe: str | None = None,
        **cut: Unpack[Cut],
    ) -> list[Membership]:
        """Intervals of membership of one stored universe or of all, as known at `as_of`."""
        where = ALL if universe is None else one_of("universe", [universe])
        rows = self._read(MEMBERS.name, where, **cut)
        return member_rows.to_memberships(rows)

    def instruments(
        self, *, as_of: datetime | None = None, snapshot: str | None = None
    ) -> list[Instrument]:
        """Every instrument by id and symbol; with `as_of`, those whose symbol held on that date."""
        rows = self.directory(snapshot=snapshot).instruments
        if as_of is None:
            return list(rows)
        day = instant(as_of, "as_of").as_py().date()
        return [instrument for instrument in rows if instrument.is_valid_on(day)]

    def directory(self, *, snapshot: str | None = None) -> Directory:
        """Symbols, ids and universes of the newest version or of a snapshot, read once a version."""
        table = self.tables[INSTRUMENTS.name]
        version = _version(snapshot, INSTRUMENTS.name)
        if version is None:
            version = table.delta.version()
        # One tuple, replaced as a whole: beside another thread both parts still belong together.
        known, directory = self._directory
        if version is None or known == version:
            return directory if version is not None else Directory([])
        directory = Directory(to_objects(table.read(version=version)), order=self.order)
        self._directory = (version, directory)
        return directory

    def resolve(self, symbol: str, *, at: datetime) -> Instrument:
        """The instrument that a symbol means at a time. Raises UnknownSymbol with near names."""
        return self.directory().resolve(symbol, at=at)

    def universe(
        self, name: str, *, on: date | None = None, **cut: Unpack[Cut]
    ) -> list[Instrument]:
        """The members of a universe, sorted by symbol. Raises BadInput for an unknown one.

        Of a stored one the members `on` that day, by default all that ever were: a list of today's
        members would leave out whatever failed. A universe that is a whole dataset has no dates.
        """
        found = self.choose(name, on=on, **cut).instruments
        return sorted(found, key=lambda instrument: instrument.symbol)

    def choose(
        self,
        universe: str | None,
        members: Sequence[str] = (),
        *,
        on: date | None = None,
        **cut: Unpack[Cut],
    ) -> Chosen:
        """The instruments that a universe and a list of members mean: see `universes.choose`."""
        directory = self.directory(snapshot=cut.get("snapshot"))
        return choose(
            directory, lambda name: self.memberships(name, **cut), universe, members, on=on
        )

    def near(self, symbol: str) -> list[str]:
        """Up to three symbols that look like this one."""
        return self.directory().near(symbol)

    def snapshot(self, tables: Iterable[TableSpec] = TABLES) -> str:
        """The id of what stands now. Raises NotFound while the lake is empty.

        Of all tables, or of those that its reader reads, bars and instruments among them: then
        commits to the others leave the id as it is.
        """
        # Bars first: their instruments were committed before them.
        wanted = {spec.name for spec in tables}
        versions = {
            name: table.delta.version() for name, table in self.tables.items() if name in wanted
        }
        held = {name: version for name, version in versions.items() if version is not None}
        if not {BARS.name, INSTRUMENTS.name} <= held.keys():
            raise NotFound("the lake is empty: run `trii data ingest`")
        return str(Snapshot(held))

    def standing(self, tables: Iterable[TableSpec] = TABLES) -> str | None:
        """The same, None while the lake is empty."""
        try:
            return self.snapshot(tables)
        except NotFound:
            return None

    def identity(self) -> str | None:
        """Which lake this is, None while it is empty: in a lake filled anew versions begin again."""
        return self.tables[BARS.name].delta.identity()

    def version(self) -> int:
        """A number that grows with every commit of bars, instruments or actions; 0 while empty."""
        tables = (self.tables[spec.name].delta for spec in (BARS, INSTRUMENTS, ACTIONS))
        # A table's first version is 0, and counts too.
        return sum(version + 1 for table in tables if (version := table.version()) is not None)

    def holdings(self, *, snapshot: str | None = None) -> list[Holding]:
        """What the lake holds by dataset and timeframe, from the log alone: no data is read."""
        table = self.tables[BARS.name].delta
        version = table.version() if snapshot is None else _version(snapshot, BARS.name)
        return [] if version is None or version < 0 else holdings(table.at(version))

    def _listed(self, snapshot: str | None) -> list[Instrument]:
        """The instruments, none while there is no table of them."""
        if self.tables[INSTRUMENTS.name].delta.version() is None:
            return []
        return self.directory(snapshot=snapshot).instruments

    def _read(self, name: str, where: Where, **cut: Unpack[Cut]) -> pa.Table:
        as_of = cut.get("as_of")
        if as_of is not None:
            instant(as_of, "as_of")
        version = _version(cut.get("snapshot"), name)
        return self.tables[name].read(where, as_of=as_of, version=version)


def _version(snapshot: str | None, table: str) -> int | None:
    """The version that a snapshot names; None without one: the newest."""
    return None if snapshot is None else Snapshot.parse(snapshot).of(table)
