"""Taking a dataset or an instrument out of the lake: what stands goes, snapshots read on."""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError

from cluster.errors import BadInput, NotFound, StoreError
from cluster.stores.lake.keyed import KeyedTable, Where
from cluster.stores.lake.lake import Lake
from cluster.stores.lake.tables import (
    ACTIONS,
    BARS,
    CONFIGURATION,
    FEATURES,
    INSTRUMENTS,
    MEMBERS,
    QUARANTINE,
    SCORES,
    bucket_of,
)
from cluster.stores.lake.versioned import FileFilter, reading, rows_of, storage_options
from market.errors import near_names
from market.instruments import DATASET

_APPEND_ONLY: Final = "delta.appendOnly"
_ATTEMPTS: Final = 20
# Instruments last: while one stands, a drop that died halfway can be asked for again.
_TABLES: Final = (MEMBERS, FEATURES, SCORES, ACTIONS, QUARANTINE, BARS, INSTRUMENTS)
_ID: Final = re.compile(rf"{DATASET}:[^']+")


@dataclass(frozen=True)
class Target:
    """A whole dataset, or one instrument of it."""

    dataset: str
    instrument_id: str | None = None

    @property
    def name(self) -> str:
        """As people write it."""
        return self.instrument_id or self.dataset

    def predicate(self, table: str) -> str:
        """Which rows of a table are meant, as Delta takes it."""
        # Names of datasets and ids hold no quote: `find` lets no other through. Not LIKE: to it the
        # `_` of a name is any letter, and would take another dataset's rows too.
        if self.instrument_id is None:
            held = table in {BARS.name, QUARANTINE.name}
            return (
                f"dataset = '{self.dataset}'"
                if held
                else f"starts_with(instrument_id, '{self.dataset}:')"
            )
        own = f"instrument_id = '{self.instrument_id}'"
        if table == BARS.name:
            return (
                f"dataset = '{self.dataset}' AND bucket = {bucket_of(self.instrument_id)} AND {own}"
            )
        return own

    def where(self, table: str) -> Where:
        """The same rows for a read."""
        files: FileFilter | None = None
        if table == BARS.name:
            files = [("dataset", "=", self.dataset)]
        column = pc.field("instrument_id")
        if self.instrument_id is None:
            if table == QUARANTINE.name:
                return Where(rows=pc.field("dataset") == self.dataset)
            return Where(files, pc.starts_with(column, f"{self.dataset}:"))
        return Where(files, column == self.instrument_id)


def find(lake: Lake, name: str) -> Target:
    """What DATASET or DATASET:SYMBOL means in the lake. Raises NotFound with what is near."""
    instruments = lake.instruments()
    dataset, sign, symbol = name.partition(":")
    known = sorted({row.dataset for row in instruments})
    if dataset not in known:
        near = near_names(dataset, known)
        hint = (
            f"; did you mean {', '.join(near)}?" if near else f": {', '.join(known) or 'none yet'}"
        )
        raise NotFound(f"the lake has no dataset {dataset[:40]!r}{hint}")
    if "'" in dataset:
        raise BadInput(f"{dataset[:40]!r}: a dataset with a quote in its name can't be dropped")
    if not sign:
        return Target(dataset)
    own = [row for row in instruments if row.dataset == dataset]
    ids = {row.instrument_id for row in own if name == row.instrument_id or symbol == row.symbol}
    if not ids:
        near = near_names(symbol, sorted({row.symbol for row in own}))
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise NotFound(f"{dataset} has no {symbol[:40]!r}{hint}")
    if len(ids) > 1:
        raise BadInput(f"{name} is one of {', '.join(sorted(ids))}: say which id")
    (found,) = ids
    if not _ID.fullmatch(found):
        raise BadInput(f"{found!r}: an id with a quote can't be dropped alone: drop {dataset}")
    return Target(dataset, found)


def standing(lake: Lake, target: Target) -> dict[str, int]:
    """How many rows of each table would go, every vintage counted, where there are any."""
    counts = {spec.name: _count(lake.tables[spec.name], target) for spec in _TABLES}
    return {name: count for name, count in counts.items() if count}


def universes(lake: Lake, target: Target) -> list[str]:
    """The stored universes with a member that would go."""
    rows = lake.tables[MEMBERS.name].read(target.where(MEMBERS.name))
    return sorted(set(rows["universe"].to_pylist()))


def drop(lake: Lake, target: Target) -> dict[str, int]:
    """Take the target out of every table; returns the rows that went, every vintage counted.

    Snapshots that name earlier versions read what they read until their files expire. A drop that
    dies halfway is finished by asking again. Raises StoreError.
    """
    counts = standing(lake, target)
    for spec in _TABLES:
        if spec.name in counts:
            _delete(lake.tables[spec.name], target)
    return counts


def _count(table: KeyedTable, target: Target) -> int:
    version = table.delta.version()
    if version is None:
        return 0
    where = target.where(table.spec.name)
    with reading(table.delta.uri):
        return int(rows_of(table.delta.at(version), where.files).count_rows(filter=where.rows))


def _delete(table: KeyedTable, target: Target) -> None:
    """One commit that deletes, between two that open and close the table for it."""
    uri, options = table.delta.uri, storage_options(table.delta.uri)
    for _ in range(_ATTEMPTS):
        delta = DeltaTable(uri, storage_options=options)
        try:
            delta.alter.set_table_properties({_APPEND_ONLY: "false"})
            delta.delete(
                target.predicate(table.spec.name),
                writer_properties=table.delta.writer_properties(),
            )
        except CommitFailedError:  # a writer, or another drop, was faster
            continue
        except (DeltaError, OSError) as exc:
            raise StoreError(f"{table.spec.name}: nothing was dropped: {exc}") from exc
        finally:
            _close(uri)
        return
    raise StoreError(
        f"{table.spec.name}: other writers were faster {_ATTEMPTS} times in a row; run it again"
    )


def _close(uri: str) -> None:
    """Append-only again. Where a writer is faster, `expire` does it, or the next drop."""
    with suppress(CommitFailedError):
        DeltaTable(uri, storage_options=storage_options(uri)).alter.set_table_properties(
            CONFIGURATION
        )
