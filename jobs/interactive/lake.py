"""`trii.lake`: what the lake holds, by name."""

from cluster.stores.lake.frame import frame

__all__ = ["frame"]
