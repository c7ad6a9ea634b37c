"""The group `trii data`: take market data in, look after them, and tell what the lake holds."""

from cluster.cli.lazy import Entry, lazy_group

data = lazy_group(
    "data",
    "Ingest market data, check them, compare snapshots, show freshness.",
    {
        "ingest": Entry(
            "jobs.ingest.cli.ingest:ingest", "Bring datasets up to their last closed session."
        ),
        "check": Entry(
            "jobs.data.cli.check:check",
            "Look for what is wrong with the bars.",
        ),
        "status": Entry(
            "jobs.data.cli.status:status",
            "What the lake holds, how current it is, and the snapshot that names it.",
        ),
        "symbols": Entry(
            "jobs.data.cli.symbols:symbols",
            "List instruments whose symbol, name or id holds QUERY, once for each symbol that they had.",
        ),
        "quarantine": Entry(
            "jobs.ingest.cli:quarantine", "Bars that were refused: list, show, replay, discard."
        ),
        "action": Entry(
            "jobs.data.cli.action:action",
            "Record a split, dividend, spin-off or delisting of one instrument.",
        ),
        "drop": Entry(
            "jobs.data.cli.drop:drop", "Take a dataset, or one instrument, out of the lake."
        ),
        "diff": Entry(
            "jobs.data.cli.diff:diff",
            "Tell what snapshot SNAP2 adds to and restates of the older SNAP1.",
        ),
        "compact": Entry(
            "jobs.data.cli.compact:compact",
            "Join small files, and remove those that no version within the retention names.",
        ),
    },
)
