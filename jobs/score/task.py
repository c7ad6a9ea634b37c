"""One task of a scoring: a block of instruments, read and answered by whoever is handed it."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from cluster.registry.manifest import Manifest
from cluster.registry.runner import ModelRunner
from cluster.stores.lake import Lake
from cluster.stores.lake.blocks import Block
from cluster.stores.lake.known import View, views
from cluster.stores.lake.scores import SCORE_SCHEMA
from market.arrays import Days, Floats

_CONSTANT = ("model", "version", "horizon", "snapshot", "job_id")
SCORED = pa.schema([field for field in SCORE_SCHEMA if field.name not in _CONSTANT])
"""What a task answers: SCORE_SCHEMA without what is the same in the whole run."""


@dataclass(frozen=True)
class Task:
    """A block, the model's folder with its checksum, and the span, both ends included."""

    block: Block
    folder: str
    sha256: str
    start: date
    end: date

    @property
    def instrument_ids(self) -> tuple[str, ...]:
        return self.block.instrument_ids


def score(task: Task) -> pa.Table:
    """SCORED rows of the block. Each is the model's answer to the closes known at that session.

    Sessions that lack a feature have no row. Raises ArtifactError, StoreError.
    """
    runner = ModelRunner.load(Path(task.folder), sha256=task.sha256)
    seen = views(
        Lake(task.block.root),
        task.block.instrument_ids,
        snapshot=task.block.snapshot,
        start=task.start,
        end=task.end,
        fields=runner.features.inputs,
    )
    tables = [_answers(runner, name, view) for name, found in seen.items() for view in found]
    return pa.concat_tables([SCORED.empty_table(), *tables])


def _answers(runner: ModelRunner, instrument_id: str, view: View) -> pa.Table:
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
