"""Run a backtest on the cluster: `python -m jobs.backtest --strategy sma-cross --universe synthetic`."""

import argparse
import signal
import sys
from collections.abc import Sequence

from cluster.clock import utc_now
from cluster.requests.arguments import add_options
from cluster.requests.backtest import BacktestRequest, parse_request
from cluster.requests.options import request_data
from cluster.settings import Settings, load_settings
from cluster.stores import places
from cluster.stores.lake import Lake
from jobs.backtest.plan import check_run_id, make_plan, new_run_id
from jobs.backtest.provenance import code_version
from jobs.backtest.run import Outcome, compute, recorded
from jobs.backtest.shard import ShardSummary
from jobs.backtest.summary import key_figures
from jobs.command import command, counting, print_outcome
from jobs.fan_out import spread


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Bad input writes nothing."""
    parser = argparse.ArgumentParser(prog="python -m jobs.backtest", description=__doc__)
    add_options(parser, BacktestRequest)
    parser.add_argument("--id", help="Id of the run; a new one by default.")
    parser.add_argument("--local", action="store_true", help="Run the shards here, without Ray.")
    parser.add_argument("--json", action="store_true", help="Print the result as JSON.")
    given = parser.parse_args(arguments)
    run_id = None if given.id is None else check_run_id(given.id)
    request = parse_request(request_data(BacktestRequest, vars(given)))
    outcome = run(load_settings(), request, run_id=run_id, local=given.local)
    report = str(outcome.report)
    document = {"id": outcome.id, "metrics": outcome.metrics, "report": report}
    text = key_figures(outcome.id, outcome.metrics, report=report)
    print_outcome(document, text, as_json=given.json)
    return 0


def run(
    settings: Settings, request: BacktestRequest, *, run_id: str | None, local: bool
) -> Outcome:
    """Plan and run it, on Ray unless it is small or `local`.

    Nothing is written before the plan stands.
    """
    lake = Lake(settings.lake_url)
    plan = make_plan(request, lake=lake, code=code_version())
    name = run_id or new_run_id(plan, now=utc_now())

    with spread(settings, here=local or plan.is_small) as fan_out:

        def work() -> Outcome:
            return compute(
                plan,
                run_id=name,
                results=places.results(settings),
                lake=lake,
                fan_out=fan_out,
                clock=utc_now,
                on_shard=_report_shard,
            )

        return recorded(settings, plan, work, lake=lake, run_id=name, clock=utc_now)


def _report_shard(done: int, of: int, summary: ShardSummary) -> None:
    """On standard error, so that standard output stays one document."""
    if summary.reused:
        sys.stderr.write(f"{summary.instruments} instruments found finished\n")
    counting("shards")(done, of)


if __name__ == "__main__":
    # A stopped job leaves through its handlers, so that its row says so.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
