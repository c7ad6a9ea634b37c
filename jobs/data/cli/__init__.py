"""The group `trii data`: take market data in, look after them, and tell what the lake holds."""

from cluster.cli.lazy import Entry, lazy_group

data = lazy_group(
    "data",
    "Ingest market data, check them, compare snapshots, show freshness.",
    {
        "ingest": Entry("jobs.ingest.cli.ingest:ingest", "Bring datasets up to date."),
        "check": Entry("jobs.data.cli.check:check", "Look for what is wrong with the bars."),
        "status": Entry("jobs.data.cli.status:status", "What the lake holds, how current it is."),
        "symbols": Entry("jobs.data.cli.symbols:symbols", "List instruments by symbol or name."),
        "quarantine": Entry("jobs.ingest.cli:quarantine", "Bars that were refused."),
        "diff": Entry(
            "jobs.data.cli.diff:diff", "What a snapshot adds to and restates of another."
        ),
        "compact": Entry("jobs.data.cli.compact:compact", "Join small files, remove expired ones."),
    },
)
