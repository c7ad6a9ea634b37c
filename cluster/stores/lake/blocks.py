"""A read of the lake in blocks: descriptors travel, and each task reads its own instruments."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Unpack

import numpy as np
import pyarrow as pa

from cluster.stores.lake.cut import Span
from cluster.stores.lake.lake import Lake

BLOCKS = 16


@dataclass(frozen=True)
class Block:
    """Some instruments of one pinned read; what a task is handed instead of rows."""

    root: str
    snapshot: str
    timeframe: str
    instrument_ids: tuple[str, ...]
    span: Span

    def read(self) -> pa.Table:
        """The bars, BAR_SCHEMA, sorted by instrument and timestamp."""
        span: Span = {**self.span, "snapshot": self.snapshot}
        return Lake(self.root).bars(self.instrument_ids, timeframe=self.timeframe, **span)


def blocks(
    lake: Lake,
    instrument_ids: Iterable[str],
    *,
    timeframe: str,
    count: int = BLOCKS,
    **span: Unpack[Span],
) -> list[Block]:
    """At most `count` blocks that together are the read; an instrument is never cut in two."""
    ids = sorted(set(instrument_ids))
    # Every task reads the same versions, whatever is committed while they run.
    given = span.get("snapshot")
    pinned = lake.snapshot() if given is None else given
    parts = np.array_split(np.array(ids, dtype=object), max(1, min(count, len(ids))))
    return [Block(lake.root, pinned, timeframe, tuple(part.tolist()), span) for part in parts]
