"""The group `trii strategy`."""

from cluster.cli.lazy import Entry, lazy_group

strategy = lazy_group(
    "strategy",
    "List strategies, show one, pack one of your own.",
    {
        "list": Entry("cluster.strategies.cli.list:list_", "List the strategies that are shipped."),
        "show": Entry(
            "cluster.strategies.cli.show:show",
            "Show one, shipped or your own: what it does, takes and reads.",
        ),
        "pack": Entry(
            "cluster.strategies.cli.pack:pack",
            "Store one of your own as a bundle, for a job over HTTP.",
        ),
    },
)
