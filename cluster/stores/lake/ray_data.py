"""Blocks of the lake as a Ray Data dataset; apart from `blocks`, which runs where Ray does not."""

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import ray.data
from ray.data import Dataset

from cluster.stores.lake.blocks import Block


def dataset(parts: Iterable[Block]) -> Dataset:
    """The blocks' bars as a Ray Data dataset, an Arrow table a task.

    Rows of an instrument stay together in a block, in time order. Ray Data's own readers cut files
    where they like, and group one instrument's pieces again at a hundred times the cost.
    """
    items = [{"block": part} for part in parts]
    read = ray.data.from_items(items, override_num_blocks=max(1, len(items)))
    tables: Any = _tables  # Ray's annotation knows no Arrow tables
    return read.map_batches(tables, batch_size=1)


def _tables(batch: dict[str, Any]) -> Iterator[pa.Table]:
    for block in batch["block"]:
        yield block.read()
