"""The group `trii strategy`."""

from cluster.cli.lazy import Entry, lazy_group

strategy = lazy_group(
    "strategy",
    "List strategies, show one, pack one of your own.",
    {
        "list": Entry(
            "cluster.strategies.cli.list:list_",
            "List the strategies that are shipped; your own are named FILE.py:CLASS wherever one is asked for.",
        ),
        "show": Entry(
            "cluster.strategies.cli.show:show",
            "Show one strategy: what it does, its parameters with their bounds, and what it reads.",
        ),
        "pack": Entry(
            "cluster.strategies.cli.pack:pack",
            "Store a strategy of your own, with what it imports from its folder, as a bundle.",
        ),
    },
)
