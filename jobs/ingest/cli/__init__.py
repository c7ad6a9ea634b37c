"""The group `trii data quarantine`; `trii data ingest` stands beside it."""

from cluster.cli.lazy import Entry, lazy_group

quarantine = lazy_group(
    "quarantine",
    "Bars that were refused: list, show, replay, discard.",
    {
        "list": Entry(
            "jobs.ingest.cli.refused:list_bars", "Bars in quarantine with their reasons."
        ),
        "show": Entry("jobs.ingest.cli.refused:show", "Everything that one bar says."),
        "replay": Entry(
            "jobs.ingest.cli.refused:replay",
            "Judge bars again and commit the good ones; exit status 1 if some are still held.",
        ),
        "discard": Entry(
            "jobs.ingest.cli.refused:discard",
            "Settle bars as wrong for good: an ingest that brings them again says nothing of them.",
        ),
    },
)
