"""`trii schedule`: the table of its commands."""

from cluster.cli.lazy import Entry, lazy_group

schedule = lazy_group(
    "schedule",
    "What runs by itself: look, switch off and on, run now.",
    {
        "list": Entry(
            "cluster.schedules.cli.list:list_schedules",
            "List schedules: when each runs, and what it did last.",
        ),
        "pause": Entry("cluster.schedules.cli.pause:pause", "Switch a schedule off."),
        "resume": Entry(
            "cluster.schedules.cli.resume:resume", "Switch a schedule on again, from now."
        ),
        "run": Entry(
            "cluster.schedules.cli.run:run",
            "Submit a schedule's job now, even a paused one's; `trii jobs` shows what becomes of it.",
        ),
    },
)
