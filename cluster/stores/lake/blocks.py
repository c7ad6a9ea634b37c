"""A read of the lake in blocks: descriptors travel, and each task reads its own instruments."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from cluster.stores.lake.lake import Lake

BLOCKS = 16


@dataclass(frozen=True)
class Block:
    """Some instruments of one pinned read; what a task is handed instead of rows."""

    root: str
    snapshot: str
    timeframe: str
    instrument_ids: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    as_of: datetime | None

    def read(self) -> pa.Table:
        """The bars, BAR_SCHEMA, sorted by instrument and timestamp."""
        return Lake(self.root).bars(
            self.instrument_ids,
            timeframe=self.timeframe,
            start=self.start,
            end=self.end,
            as_of=self.as_of,
            snapshot=self.snapshot,
        )


def blocks(
    lake: Lake,
    instrument_ids: Iterable[str],
    *,
    timeframe: str,
    start: datetime | None = None,
    end: datetime | None = None,
    as_of: datetime | None = None,
    snapshot: str | None = None,
    count: int = BLOCKS,
) -> list[Block]:
    """At most `count` blocks that together are the read; an instrument is never cut in two."""
    ids = sorted(set(instrument_ids))
    pinned = snapshot if snapshot is not None else lake.snapshot()
    parts = np.array_split(np.array(ids, dtype=object), max(1, min(count, len(ids))))
    return [
        Block(lake.root, pinned, timeframe, tuple(part.tolist()), start, end, as_of)
        for part in parts
    ]
