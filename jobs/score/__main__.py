"""Score a universe with a model version: `python -m jobs.score --model volatility-regime --universe sample`.

Safe to repeat, to race and to kill: scores that stand are not written again, and all of a run are
committed at once. Exit status 0 done, 1 failed, 2 bad input (nothing was written).
"""

import argparse
import re
import secrets
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import orjson

from cluster.clock import Clock, utc_now
from cluster.errors import BadInput, Fault, TriiError
from cluster.queue.progress import report
from cluster.registry.mlflow_client import Registry
from cluster.requests.score import ScoreRequest, parse_score
from cluster.settings import Settings, load_settings
from cluster.stores.lake import Lake
from jobs.connection import connected
from jobs.score.model import find_model
from jobs.score.pipeline import Runner, in_process, on_ray
from jobs.score.plan import make_plan
from jobs.score.run import Outcome, compute, describe
from market.errors import MarketError

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit status. Skipped instruments are told, and are no failure."""
    given = _parser().parse_args(arguments)
    try:
        request = _request(given)
        run_id = _new_id(utc_now()) if given.id is None else _checked(given.id)
        outcome = run(load_settings(), request, run_id=run_id, local=given.local)
    except (TriiError, MarketError, OSError) as exc:
        sys.stderr.write(f"{exc}\n")
        return exc.exit_code if isinstance(exc, TriiError) else 1
    text = orjson.dumps(asdict(outcome)).decode() if given.json else describe(outcome)
    sys.stdout.write(f"{text}\n")
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
    lake = Lake(settings.lake_url)
    model = find_model(Registry.from_settings(settings), request.model, request.version)
    plan = make_plan(request, lake=lake, model=model, now=clock())

    def work(runner: Runner) -> Outcome:
        return compute(
            plan, run_id=run_id, lake=lake, runner=runner, clock=clock, on_task=_say_progress
        )

    if local or plan.is_small:
        return work(in_process)
    with connected(settings):
        return work(on_ray)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jobs.score", description="Score a universe with a model version."
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--version", help="a number or an alias; champion by default")
    members = parser.add_mutually_exclusive_group(required=True)
    members.add_argument("--universe")
    members.add_argument("--symbols", metavar="A,B")
    parser.add_argument("--start", help="first session, such as 2020-01-31")
    parser.add_argument("--end", help="last session")
    parser.add_argument("--id", help="stored with the scores; a new one by default")
    parser.add_argument("--local", action="store_true", help="score here, without Ray")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    return parser


def _request(given: argparse.Namespace) -> ScoreRequest:
    fields: dict[str, Any] = {
        name: getattr(given, name)
        for name in ("model", "version", "universe", "start", "end")
        if getattr(given, name) is not None
    }
    if given.symbols is not None:
        fields["symbols"] = given.symbols.split(",")
    return parse_score(fields)


def _new_id(now: datetime) -> str:
    return f"score-{now.astimezone(UTC):%Y%m%dt%H%M%S}-{secrets.token_hex(4)}"


def _checked(run_id: str) -> str:
    if not _ID.fullmatch(run_id):
        message = "id: expected lower-case letters, digits and '-', up to 80"
        raise BadInput(message, faults=[Fault("id", message)])
    return run_id


def _say_progress(done: int, of: int) -> None:
    """On standard error, so that standard output stays one document."""
    report(done, of, "blocks", stream=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
