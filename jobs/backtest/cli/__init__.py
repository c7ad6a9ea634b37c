"""The group `trii backtest`."""

from cluster.cli.lazy import Entry, lazy_group

backtest = lazy_group(
    "backtest",
    "Run and list backtests.",
    {
        "run": Entry("jobs.backtest.cli.run:run", "Run a backtest and wait for its result."),
        "init": Entry(
            "jobs.backtest.cli.init:init",
            "Write NAME.py, a commented strategy that runs as it is.",
        ),
        "list": Entry("jobs.backtest.cli.list:list_", "List runs, newest first."),
        "show": Entry(
            "jobs.backtest.cli.show:show", "Show one run: its state, key figures and report."
        ),
        "tearsheet": Entry(
            "jobs.backtest.cli.tearsheet:tearsheet",
            "Write a run's report, one page of HTML that is read without a network.",
        ),
        "trials": Entry(
            "jobs.backtest.cli.trials:trials",
            "List the trials of the research ledger, newest first.",
        ),
    },
)
