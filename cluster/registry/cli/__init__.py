"""`trii model`: the table of its commands."""

from cluster.cli.lazy import Entry, lazy_group

model = lazy_group(
    "model",
    "List registered models and their versions.",
    {
        "list": Entry(
            "cluster.registry.cli.list:list_models",
            "List every registered model and the version that serves.",
        ),
        "show": Entry(
            "cluster.registry.cli.show:show",
            "Show the versions of one model, and one of them whole: metrics, gates, where it comes from.",
        ),
    },
)
