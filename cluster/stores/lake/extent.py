"""How much there is of some instruments' bars, told without reading prices."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import Dataset, Scanner

from cluster.stores.lake.bars import Selection
from cluster.stores.lake.lake import Lake
from cluster.stores.lake.snapshots import ABSENT, Snapshot
from cluster.stores.lake.tables import BARS
from cluster.stores.lake.versioned import reading, rows_of


@dataclass(frozen=True)
class Extent:
    """Daily bars of instruments in one snapshot, from `start` to `end`, both included; None: open."""

    lake: Lake
    instrument_ids: tuple[str, ...]
    snapshot: str
    start: date | None = None
    end: date | None = None

    def holds_sessions(self, least: int) -> bool:
        """Whether there are so many different ones; reads no further than it must."""
        seen: set[date] = set()
        for batch in self._batches("session"):
            seen.update(pc.unique(batch["session"]).to_pylist())
            if len(seen) >= least:
                return True
        return False

    def sessions(self) -> tuple[date, date] | None:
        """The first and the last; None where there is none."""
        columns = [batch["session"] for batch in self._batches("session")]
        ends = pc.min_max(pa.chunked_array(columns, pa.date32()))
        return None if ends["min"].as_py() is None else (ends["min"].as_py(), ends["max"].as_py())

    def count(self) -> int:
        """How many rows; of a bar that was restated every vintage."""
        with reading(self.lake.root):
            return sum(scanner.count_rows() for scanner in self._scanners())

    def _batches(self, *columns: str) -> Iterator[pa.RecordBatch]:
        with reading(self.lake.root):
            for scanner in self._scanners(*columns):
                yield from scanner.to_batches()

    def _scanners(self, *columns: str) -> Iterable[Scanner]:
        version = Snapshot.parse(self.snapshot).of(BARS.name)
        if not self.instrument_ids or version == ABSENT:
            return []
        where = Selection(self.instrument_ids, "1Day").where()
        wanted = where.rows
        if self.start is not None:
            wanted &= pc.field("session") >= self.start
        if self.end is not None:
            wanted &= pc.field("session") <= self.end
        rows: Dataset = rows_of(self.lake.tables[BARS.name].delta.at(version), where.files)
        return [rows.scanner(columns=list(columns), filter=wanted)]
