"""`trii jobs`: the table of its commands."""

from cluster.cli.lazy import Entry, lazy_group

jobs = lazy_group(
    "jobs",
    "Submit jobs to the cluster's queue, and see what became of them.",
    {
        "submit": Entry(
            "cluster.queue.cli.submit:submit",
            "Run `python -m MODULE ARGUMENTS…`, such as jobs.backtest, on a node of a pool.",
        ),
        "list": Entry(
            "cluster.queue.cli.list:list_jobs",
            "List jobs, newest first; then those that came by plain `ray job submit`.",
        ),
        "show": Entry(
            "cluster.queue.cli.show:show",
            "Show one job: its state and reason, progress, attempts and files.",
        ),
        "logs": Entry("cluster.queue.cli.logs:logs", "Print what a job has written."),
        "cancel": Entry(
            "cluster.queue.cli.cancel:cancel",
            "Cancel a job: at once where it waits, through Ray where it runs.",
        ),
        "retry": Entry(
            "cluster.queue.cli.retry:retry",
            "Queue a job again that failed, was cancelled or expired: one more attempt, same id.",
        ),
        "top": Entry(
            "cluster.queue.cli.top:top",
            "Show who has what in the queue, by user and pool; live until Ctrl-C.",
        ),
        "quota": Entry(
            "cluster.queue.cli.quota:quota",
            "Show quotas: limit, in use and free, of USER or of everybody; set USER's with options.",
        ),
    },
)
