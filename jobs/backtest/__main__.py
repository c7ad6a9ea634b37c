"""Run a backtest on the cluster: `python -m jobs.backtest --strategy sma-cross --universe synthetic`."""

import sys
from collections.abc import Sequence

from cluster.clock import utc_now
from cluster.queue.rules.kinds import BACKTEST
from cluster.queue.rules.words import parser_of
from cluster.requests.backtest import BacktestRequest, parse_request
from cluster.requests.options import request_data
from cluster.settings import Settings, load_settings
from cluster.stores import places
from cluster.stores.lake import Lake
from jobs.backtest.own import cleared, prints_aside
from jobs.backtest.plan import SHARDS, check_run_id, make_plan, new_run_id
from jobs.backtest.provenance import code_version
from jobs.backtest.run import Outcome, TellShard, run_plan
from jobs.backtest.shard import ShardSummary
from jobs.backtest.summary import key_figures
from jobs.backtest.underway import Count, following, tell_planning
from jobs.command import command, ending_in_order, print_outcome, run_alone


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Bad input writes nothing."""
    given = parser_of(BACKTEST).parse_args(arguments)
    run_id = None if given.id is None else check_run_id(given.id)
    request = parse_request(request_data(BacktestRequest, vars(given)))
    with prints_aside(request):
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
    tell_planning()
    lake = Lake.of(settings)
    plan = cleared(make_plan(request, lake=lake, code=code_version()), settings, now=utc_now())
    here = local or plan.is_small
    folder = places.results(settings) / SHARDS / plan.definition
    idle = "starting" if here else "waiting for a worker"
    with following(folder, len(plan.blocks()), idle=idle) as count:
        return run_plan(
            settings,
            plan,
            lake=lake,
            run_id=run_id or new_run_id(plan, now=utc_now()),
            here=here,
            clock=utc_now,
            on_shard=_telling(count),
        )


def _telling(count: Count) -> TellShard:
    """On standard error, so that standard output stays one document."""

    def tell(done: int, _of: int, summary: ShardSummary) -> None:
        if summary.reused:
            sys.stderr.write(f"{summary.instruments} instruments found finished\n")
        count(done)

    return tell


if __name__ == "__main__":
    with ending_in_order():
        run_alone(main)
