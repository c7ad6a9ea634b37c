"""The group `trii universe`."""

from cluster.cli.lazy import Entry, lazy_group

universe = lazy_group(
    "universe",
    "Universes: which instruments a name means.",
    {
        "list": Entry(
            "cluster.universes.cli.list:list_",
            "List datasets and stored universes: instruments, first and last session, kind.",
        ),
    },
)
