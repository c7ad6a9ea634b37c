"""Snapshot ids: the versions of all tables in one short text, for manifests and for `snapshot=`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cluster.stores.lake.refusals import refuse
from cluster.stores.lake.tables import BARS, INSTRUMENTS, TABLES

# Eighteen digits at most: a version is a number of 64 bits.
_PART = re.compile(r"([a-z]+)@(0|[1-9]\d{0,17})", re.ASCII)
_ORDER = [spec.name for spec in TABLES]
ABSENT = -1
"""The version of a table that a snapshot does not name: it had no commit yet."""


@dataclass(frozen=True)
class Snapshot:
    """One version of each table. The same id reads the same rows for ever, in this lake."""

    versions: Mapping[str, int]

    def of(self, table: str) -> int:
        """The version of a table, ABSENT where it did not exist yet."""
        return self.versions.get(table, ABSENT)

    def only(self, *tables: str) -> str:
        """The id that names no more than these: what others commit leaves it as it is."""
        return str(
            Snapshot({name: self.versions[name] for name in tables if name in self.versions})
        )

    def __str__(self) -> str:
        return ",".join(f"{name}@{self.versions[name]}" for name in _ORDER if name in self.versions)

    @classmethod
    def parse(cls, text: str) -> "Snapshot":
        """The snapshot of that id. Raises BadInput if it is not of the form that `str` gives."""
        parts = [_PART.fullmatch(part) for part in text.split(",")]
        versions = {part[1]: int(part[2]) for part in parts if part}
        snapshot = cls(versions)
        # The comparison refuses whatever the parts let through: another order, a table named twice,
        # one that does not exist, a part that is none.
        if not {BARS.name, INSTRUMENTS.name} <= versions.keys() or str(snapshot) != text:
            raise refuse("snapshot", "expected the form bars@12,instruments@3", "snapshot")
        return snapshot
