"""Score a universe with a model version: `python -m jobs.score --model volatility-regime --universe sample`.

Safe to repeat, to race and to kill: scores that stand are not written again, and all of a run are
committed at once.
"""

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from cluster.clock import Clock, utc_now
from cluster.queue.rules.kinds import SCORE
from cluster.queue.rules.words import parser_of
from cluster.registry.mlflow_client import Registry
from cluster.requests.job import check_job_id
from cluster.requests.options import request_data
from cluster.requests.score import ScoreRequest, parse_score
from cluster.settings import Settings, load_settings
from cluster.stores.lake import Lake
from jobs.command import command, counting, print_outcome, run_alone
from jobs.fan_out import spread
from jobs.score.model import find_model
from jobs.score.plan import make_plan
from jobs.score.run import Outcome, compute, describe


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Skipped instruments are told, and are no failure."""
    given = parser_of(SCORE).parse_args(arguments)
    request = parse_score(request_data(ScoreRequest, vars(given)))
    run_id = _new_id(utc_now()) if given.id is None else check_job_id(given.id)
    outcome = run(load_settings(), request, run_id=run_id, local=given.local)
    print_outcome(asdict(outcome), describe(outcome), as_json=given.json)
    return 0


def run(
    settings: Settings,
    request: ScoreRequest,
    *,
    run_id: str,
    local: bool = False,
    clock: Clock = utc_now,
) -> Outcome:
    """Plan and run it, on Ray unless it is small or `local`."""
    lake = Lake.of(settings)
    model = find_model(Registry.from_settings(settings), request.model, request.version)
    plan = make_plan(request, lake=lake, model=model, now=clock())

    with spread(settings, here=local or plan.is_small) as fan_out:
        return compute(
            plan,
            run_id=run_id,
            lake=lake,
            fan_out=fan_out,
            clock=clock,
            on_task=counting("blocks"),
        )


def _new_id(now: datetime) -> str:
    return f"score-{now.astimezone(UTC):%Y%m%dt%H%M%S}-{secrets.token_hex(4)}"


if __name__ == "__main__":
    run_alone(main)
