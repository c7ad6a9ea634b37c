"""The group `trii kernels`."""

from cluster.cli.lazy import Entry, lazy_group

kernels = lazy_group(
    "kernels",
    "Compiled kernels: what computes indicators, features and backtests.",
    {
        "build": Entry(
            "cluster.laptop.cli.kernels.build:build",
            "Compile all of them now, so that no request and no job has to.",
        )
    },
)
