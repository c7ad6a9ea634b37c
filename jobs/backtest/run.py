"""The driver of a backtest: plan, shards, result files, its trial, and its row from running to done."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from cluster.backtests.store import fail_backtest, finish_backtest, holding, insert_backtest
from cluster.clock import Clock
from cluster.errors import StoreError, TriiError
from cluster.ledger import store as ledger
from cluster.ledger.returns import enter_with_returns
from cluster.settings import Settings
from cluster.stores import places
from cluster.stores.lake import Lake
from cluster.stores.place import Place
from cluster.stores.postgres import connect
from jobs.backtest.files import manifest, write_result
from jobs.backtest.gather import Result, gather
from jobs.backtest.plan import SHARDS, BacktestPlan
from jobs.backtest.report import render_report
from jobs.backtest.shard import Descriptor, ShardSummary, describe, run_shard, sweep_shards
from jobs.backtest.trial import daily_returns, trial_of
from jobs.fan_out import FanOut, TaskFailed, spread

TellShard = Callable[[int, int, ShardSummary], None]


@dataclass(frozen=True)
class Outcome:
    """A finished run."""

    id: str
    result: Result
    metrics: dict[str, Any]
    folder: Place

    @property
    def report(self) -> Place:
        return self.folder / "report.html"


def compute(
    plan: BacktestPlan,
    *,
    run_id: str,
    results: Place,
    lake: Lake,
    fan_out: FanOut,
    clock: Clock,
    on_shard: TellShard | None = None,
) -> Outcome:
    """Run the shards, put them together and write the result's folder `results`/`run_id`.

    Shards that an earlier run of the same definition has finished are not run again.
    """
    created_at = clock()
    shards = results / SHARDS
    sweep_shards(shards, now=created_at)
    descriptors = describe(plan, lake=lake, folder=shards / plan.definition)
    for done, summary in enumerate(_summaries(fan_out, descriptors), start=1):
        if on_shard:
            on_shard(done, len(descriptors), summary)
    result = gather(plan, descriptors)
    facts = manifest(
        plan, run_id=run_id, created_at=created_at.isoformat(), shards=len(descriptors)
    )
    folder = results / run_id
    report = render_report(plan, result, manifest=facts)
    write_result(folder, plan, result, manifest=facts, report=report)
    return Outcome(run_id, result, result.metrics(), folder)


def _summaries(fan_out: FanOut, shards: Sequence[Descriptor]) -> Iterator[ShardSummary]:
    try:
        yield from fan_out(run_shard, shards)
    except TaskFailed as exc:
        raise TriiError(f"a shard failed, those that are finished are kept: {exc}") from exc


def run_plan(
    settings: Settings,
    plan: BacktestPlan,
    *,
    lake: Lake,
    run_id: str,
    here: bool,
    clock: Clock,
    on_shard: TellShard | None = None,
) -> Outcome:
    """Run it to its end, with its row and its trial: in this process, or fanned out on Ray.

    The same files, trial and bytes either way.
    """
    with spread(settings, here=here) as fan_out:

        def work() -> Outcome:
            return compute(
                plan,
                run_id=run_id,
                results=places.results(settings),
                lake=lake,
                fan_out=fan_out,
                clock=clock,
                on_shard=on_shard,
            )

        return recorded(settings, plan, work, lake=lake, run_id=run_id, clock=clock)


def recorded(
    settings: Settings,
    plan: BacktestPlan,
    work: Callable[[], Outcome],
    *,
    lake: Lake,
    run_id: str,
    clock: Clock,
) -> Outcome:
    """Do the work with its row in `backtests`: running, then done, or failed with one line.

    It is done if and only if its trial is in the research ledger.
    """
    # Of a run outside of any job nobody else would know that its process is gone.
    held = settings.job_attempt is None
    with holding(settings, run_id) if held else nullcontext():
        # A transaction of its own: the row is seen while the work runs.
        with connect(settings, "jobs") as connection:
            insert_backtest(
                connection,
                run_id,
                definition=plan.definition,
                request=plan.settled_request(),
                created_at=clock(),
                user_id=settings.job_user,
                submission_id=settings.job_attempt,
                held=held,
            )
        try:
            outcome = work()
            _finish(settings, plan, outcome, lake=lake, clock=clock)
        # A stop too, which comes as SystemExit.
        except BaseException as exc:
            _record_failure(settings, run_id, exc, clock)
            raise
        return outcome


def _finish(
    settings: Settings, plan: BacktestPlan, outcome: Outcome, *, lake: Lake, clock: Clock
) -> None:
    """Trial and end of the run in one transaction. Raises `StoreError`, and then neither stands."""
    now, user = clock(), settings.job_user
    trial = trial_of(plan, outcome.result, run_id=outcome.id, user_id=user, recorded_at=now)
    about = f"begun with {plan.chosen.name} on {plan.request.universe_name}"
    try:
        with connect(settings, "jobs") as connection:
            ledger.begin_family(
                connection, trial.family, description=about, user_id=user, created_at=now
            )
            enter_with_returns(connection, lake, trial, daily_returns(outcome.result))
            finish_backtest(
                connection,
                outcome.id,
                metrics=outcome.metrics,
                result_path=str(outcome.folder),
                finished_at=now,
            )
    except StoreError as exc:
        raise StoreError(f"its trial is not in the research ledger, run it again: {exc}") from exc


def _record_failure(settings: Settings, run_id: str, exc: BaseException, clock: Clock) -> None:
    """Best effort: where the database is away too, the first failure is the one to report."""
    stopped = isinstance(exc, KeyboardInterrupt | SystemExit)
    error = "stopped" if stopped else " ".join(str(exc).split())[:500] or type(exc).__name__
    try:
        with connect(settings, "jobs") as connection:
            fail_backtest(connection, run_id, error=error, finished_at=clock())
    except TriiError as also:
        exc.add_note(f"its row does not say so yet: {also}")
