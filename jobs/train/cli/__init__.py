"""The group `trii pipeline`."""

from cluster.cli.lazy import Entry, lazy_group

pipeline = lazy_group(
    "pipeline",
    "Train a model, and promote it if it is better.",
    {
        "run": Entry(
            "jobs.train.cli.run:run",
            "Train, evaluate, register and test one network, and promote it if its gates hold.",
        )
    },
)
