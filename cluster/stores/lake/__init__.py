"""Data of record: Delta tables of bars and instruments with two clocks."""

from cluster.stores.lake.directory import UNIVERSES, Directory
from cluster.stores.lake.holdings import Holding
from cluster.stores.lake.keyed import AppendResult
from cluster.stores.lake.lake import Lake
from cluster.stores.lake.snapshots import Snapshot

__all__ = ["UNIVERSES", "AppendResult", "Directory", "Holding", "Lake", "Snapshot"]
