"""The group `trii sweep`."""

from cluster.cli.lazy import Entry, lazy_group

sweep = lazy_group(
    "sweep",
    "Sweep, register and promote models.",
    {
        "run": Entry(
            "jobs.sweep.cli.run:run",
            "Train the best of many networks, and promote it if its gates hold.",
        )
    },
)
