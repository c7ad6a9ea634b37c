"""Run a backtest on the cluster: `python -m jobs.backtest --strategy sma-cross --universe synthetic`."""

import argparse
import json
import signal
import sys
from collections.abc import Sequence

from cluster.clock import utc_now
from cluster.errors import BadInput, TriiError
from cluster.queue.progress import report
from cluster.requests.backtest import BacktestRequest, parse_request
from cluster.settings import Settings, load_settings
from cluster.stores import places
from cluster.stores.lake import Lake
from jobs.backtest.arguments import add_arguments, request_data
from jobs.backtest.pipeline import Runner, in_process, on_ray
from jobs.backtest.plan import check_run_id, make_plan, new_run_id
from jobs.backtest.run import Outcome, compute, recorded
from jobs.backtest.shard import ShardSummary
from jobs.backtest.summary import key_figures
from jobs.connection import connected
from jobs.provenance import code_version
from market.errors import MarketError


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 done, 1 failed, 2 bad input (nothing was written)."""
    parser = argparse.ArgumentParser(prog="python -m jobs.backtest", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--id", help="id of the run; a new one by default")
    parser.add_argument("--local", action="store_true", help="run the shards here, without Ray")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    given = parser.parse_args(arguments)
    try:
        run_id = None if given.id is None else check_run_id(given.id)
        outcome = run(load_settings(), _request(given), run_id=run_id, local=given.local)
    except (TriiError, MarketError, OSError) as exc:
        sys.stderr.write(f"{exc}\n")
        return _exit_code(exc)
    sys.stdout.write(_text(outcome, as_json=given.json))
    return 0


def run(
    settings: Settings, request: BacktestRequest, *, run_id: str | None, local: bool
) -> Outcome:
    """Plan and run it, on Ray unless `local`. Nothing is written before the plan stands."""
    lake = Lake(settings.lake_url)
    plan = make_plan(request, lake=lake, code=code_version())
    name = run_id or new_run_id(plan, now=utc_now())

    def work(runner: Runner) -> Outcome:
        return compute(
            plan,
            run_id=name,
            results=places.results(settings),
            lake=lake,
            runner=runner,
            clock=utc_now,
            on_shard=_report_shard,
        )

    def record(runner: Runner) -> Outcome:
        return recorded(settings, plan, lambda: work(runner), lake=lake, run_id=name, clock=utc_now)

    if local:
        return record(in_process)
    with connected(settings):
        return record(on_ray)


def _exit_code(exc: Exception) -> int:
    """Files that cannot be written (a full disk) fail a run; data that do not fit are bad input."""
    if isinstance(exc, TriiError):
        return exc.exit_code
    return BadInput.exit_code if isinstance(exc, MarketError) else TriiError.exit_code


def _request(given: argparse.Namespace) -> BacktestRequest:
    return parse_request(request_data(vars(given)))


def _report_shard(done: int, of: int, summary: ShardSummary) -> None:
    """On standard error, so that standard output stays one document."""
    if summary.reused:
        sys.stderr.write(f"{summary.instruments} instruments found finished\n")
    report(done, of, "shards", stream=sys.stderr)


def _text(outcome: Outcome, *, as_json: bool) -> str:
    if as_json:
        result = {"id": outcome.id, "metrics": outcome.metrics, "report": str(outcome.report)}
        return json.dumps(result, allow_nan=False) + "\n"
    return key_figures(outcome.id, outcome.metrics, report=str(outcome.report)) + "\n"


if __name__ == "__main__":
    # A stopped job leaves through its handlers, so that its row says so.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
