"""The driver of a scoring: tasks, one commit, and what came of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from cluster.clock import Clock
from cluster.errors import TriiError
from cluster.stores.lake import Lake
from cluster.stores.lake.scores import SCORE_SCHEMA, append_scores
from jobs.command import CountDone
from jobs.fan_out import FanOut, TaskFailed
from jobs.score.plan import ScorePlan
from jobs.score.task import SCORED, Task, score


@dataclass(frozen=True)
class Outcome:
    """A finished scoring.

    Of `sessions` asked for, `scored` have a score, of which `written` are new or came out otherwise
    than before (`restated`), and `missing` have none. `skipped` says why, for each instrument that
    has none at all.
    """

    id: str
    model: str
    version: str
    horizon: int
    snapshot: str
    start: date
    end: date
    instruments: int
    sessions: int
    scored: int
    missing: int
    in_sample: int
    written: int
    restated: int
    unchanged: int
    skipped: dict[str, str]


def compute(
    plan: ScorePlan,
    *,
    run_id: str,
    lake: Lake,
    fan_out: FanOut,
    clock: Clock,
    on_task: CountDone | None = None,
) -> Outcome:
    """Run the tasks and commit all their scores at once, or nothing if one fails."""
    tasks = plan.tasks(lake)
    parts = [SCORED.empty_table()]
    for done, part in enumerate(_answers(fan_out, tasks), start=1):
        parts.append(part)
        if on_task:
            on_task(done, len(tasks))
    rows = _whole(pa.concat_tables(parts), plan, run_id)
    written = restated = unchanged = 0
    if rows.num_rows:
        result = append_scores(lake, rows, recorded_at=clock())
        written, restated, unchanged = result.written, result.restated, result.unchanged
    found = set(rows["instrument_id"].unique().to_pylist())
    manifest = plan.model.manifest
    return Outcome(
        id=run_id,
        model=manifest.name,
        version=manifest.version,
        horizon=manifest.horizon,
        snapshot=plan.snapshot,
        start=plan.start,
        end=plan.end,
        instruments=len(found),
        sessions=plan.sessions,
        scored=rows.num_rows,
        missing=plan.sessions - rows.num_rows,
        in_sample=pc.sum(rows["in_sample"]).as_py() or 0,
        written=written,
        restated=restated,
        unchanged=unchanged,
        skipped={**plan.skipped, **_without(plan, found)},
    )


def _answers(fan_out: FanOut, tasks: Sequence[Task]) -> Iterator[pa.Table]:
    try:
        yield from fan_out(score, tasks)
    except TaskFailed as exc:
        raise TriiError(f"scoring failed, nothing was written: {exc}") from exc


def _whole(rows: pa.Table, plan: ScorePlan, run_id: str) -> pa.Table:
    """The tasks' rows with what the whole run has in common."""
    manifest = plan.model.manifest
    common = {
        "model": manifest.name,
        "version": manifest.version,
        "horizon": pa.scalar(manifest.horizon, pa.int32()),
        "snapshot": plan.snapshot,
        "job_id": run_id,
    }
    columns = [
        pa.repeat(common[field.name], rows.num_rows) if field.name in common else rows[field.name]
        for field in SCORE_SCHEMA
    ]
    return pa.table(columns, schema=SCORE_SCHEMA)


def _without(plan: ScorePlan, found: set[str]) -> dict[str, str]:
    lookback = plan.model.lookback
    reason = f"has no {lookback} closes in a row without a gap or a standstill of several sessions"
    return {name: reason for name in plan.instrument_ids if name not in found}


def describe(outcome: Outcome) -> str:
    """A few lines for people."""
    lines = [
        ("model", f"{outcome.model} version {outcome.version}, horizon {outcome.horizon}"),
        ("span", f"{outcome.start} to {outcome.end}"),
        ("scored", f"{outcome.scored:,} of {outcome.sessions:,} sessions"),
        ("instruments", f"{outcome.instruments:,} ({len(outcome.skipped):,} skipped)"),
        ("in sample", f"{outcome.in_sample:,}"),
        ("written", f"{outcome.written:,} ({outcome.restated:,} restated)"),
        ("unchanged", f"{outcome.unchanged:,}"),
        ("snapshot", outcome.snapshot),
        ("id", outcome.id),
    ]
    text = [f"{name:<12} {value}" for name, value in lines]
    text += [f"skipped      {name} {why}" for name, why in sorted(outcome.skipped.items())]
    return "\n".join(text)
