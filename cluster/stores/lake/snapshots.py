"""Snapshot ids: the versions of all tables in one short text, for manifests and for `snapshot=`."""

import re
from dataclasses import dataclass

from cluster.stores.lake.refusals import refuse

_ID = re.compile(r"bars@(0|[1-9]\d{0,17}),instruments@(0|[1-9]\d{0,17})", re.ASCII)


@dataclass(frozen=True)
class Snapshot:
    """One version of each table. The same id reads the same rows for ever, in this lake."""

    bars: int
    instruments: int

    def __str__(self) -> str:
        return f"bars@{self.bars},instruments@{self.instruments}"

    @classmethod
    def parse(cls, text: str) -> "Snapshot":
        """The snapshot of that id. Raises BadInput if it is not of the form that `str` gives."""
        match = _ID.fullmatch(text)
        if match is None:
            raise refuse("snapshot", "expected the form bars@12,instruments@3", "snapshot")
        return cls(bars=int(match[1]), instruments=int(match[2]))
