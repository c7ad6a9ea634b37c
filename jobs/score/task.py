"""One task of a scoring: a block of instruments, read and answered by whoever is handed it."""

from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa

from cluster.registry.manifest import Manifest
from cluster.registry.runner import ModelRunner
from cluster.stores.lake import Lake
from cluster.stores.lake.blocks import Block
from cluster.stores.lake.known import View, views
from cluster.stores.lake.member_days import MemberDays, member_days
from cluster.stores.lake.scores import SCORE_SCHEMA
from cluster.stores.places import at
from market.arrays import Days, Floats

_CONSTANT = ("model", "version", "horizon", "snapshot", "job_id")
SCORED = pa.schema([field for field in SCORE_SCHEMA if field.name not in _CONSTANT])
"""What a task answers: SCORE_SCHEMA without what is the same in the whole run."""


@dataclass(frozen=True)
class Task:
    """A block, the URL of the model's folder with its checksum, and the span, both ends included.

    `universe` is the stored one of which member days alone are scored; None scores every day.
    """

    block: Block
    folder: str
    sha256: str
    start: date
    end: date
    universe: str | None = None

    @property
    def instrument_ids(self) -> tuple[str, ...]:
        return self.block.instrument_ids


def score(task: Task) -> pa.Table:
    """SCORED rows of the block. Each is the model's answer to the closes known at that session.

    Sessions that lack a feature have no row, and none has one on which the instrument was no member
    as known then. Raises ArtifactError, StoreError.
    """
    runner = ModelRunner.load(at(task.folder), sha256=task.sha256)
    lake = Lake(task.block.root)
    seen = views(
        lake,
        task.block.instrument_ids,
        snapshot=task.block.snapshot,
        start=task.start,
        end=task.end,
        fields=runner.features.inputs,
    )
    days = task.universe and member_days(lake, task.universe, snapshot=task.block.snapshot)
    tables = [
        _answers(runner, name, _of_members(view, name, days) if days else view)
        for name, found in seen.items()
        for view in found
    ]
    return pa.concat_tables([SCORED.empty_table(), *tables])


def _of_members(view: View, instrument_id: str, days: MemberDays) -> View:
    """The view without the rows of sessions on which the instrument was no member."""
    inside = days.mask(instrument_id, view.bars.session[view.rows], view.known_at)
    return replace(view, rows=view.rows[inside], known_at=view.known_at[inside])


def _answers(runner: ModelRunner, instrument_id: str, view: View) -> pa.Table:
    if not len(view.rows):
        return SCORED.empty_table()
    features = view.features(runner.features)
    whole = np.isfinite(features).all(axis=1)
    answers = runner.predict(features[whole])
    session = view.bars.session[view.rows][whole]
    columns = {
        "instrument_id": pa.repeat(instrument_id, len(session)),
        "session": pa.array(session),
        "value": pa.array(_values(answers, runner.manifest)),
        "quantiles": _lists(answers, runner.manifest),
        "in_sample": pa.array(_in_sample(runner.manifest, instrument_id, session)),
        "available_at": pa.array(view.known_at[whole]).cast(SCORED.field("available_at").type),
    }
    return pa.table([columns[field.name] for field in SCORED], schema=SCORED)


def _values(answers: Floats, manifest: Manifest) -> Floats:
    """As `Prediction.value`: the probability, or the median of the quantiles."""
    if manifest.kind == "probability":
        return answers
    levels = manifest.quantile_levels
    return np.array([np.interp(0.5, levels, quantiles) for quantiles in answers], dtype=np.float64)


def _lists(answers: Floats, manifest: Manifest) -> pa.Array:
    """The quantiles by level; null where the model answers a probability."""
    if manifest.kind == "probability":
        return pa.nulls(len(answers), SCORED.field("quantiles").type)
    count, width = answers.shape
    offsets = pa.array(np.arange(count + 1, dtype=np.int32) * width)
    return pa.ListArray.from_arrays(offsets, pa.array(answers.ravel()))


def _in_sample(
    manifest: Manifest, instrument_id: str, session: Days
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Training ends at one session: all before it are in the sample, none after it."""
    days = session.tolist()
    end = bisect_left(days, True, key=lambda day: not manifest.in_sample(instrument_id, day))  # noqa: FBT003
    return np.arange(len(days)) < end
