"""`trii notify`: the table of its commands."""

from cluster.cli.lazy import Entry, lazy_group

notify = lazy_group(
    "notify",
    "What people and programs are told of: channels, deliveries, dead letters.",
    {
        "channels": Entry(
            "cluster.notices.cli.channels:channels", "List channels: their kind and events."
        ),
        "list": Entry(
            "cluster.notices.cli.list:list_notices",
            "List deliveries, newest first; dead ones are no longer tried.",
        ),
        "retry": Entry(
            "cluster.notices.cli.retry:retry",
            "Try a notice's dead deliveries again, with the same key.",
        ),
        "test": Entry(
            "cluster.notices.cli.test:test",
            "Send a test to a channel at once; exit status 1 where it did not arrive.",
        ),
    },
)
