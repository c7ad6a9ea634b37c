"""Scores in the lake: what a model version said of an instrument at the close of a session."""

from collections.abc import Iterable
from datetime import datetime
from typing import Unpack

import pyarrow as pa
import pyarrow.compute as pc

from cluster.stores.lake.by_session import append, delivered, read
from cluster.stores.lake.cut import Sessions
from cluster.stores.lake.keyed import AppendResult
from cluster.stores.lake.lake import Lake
from cluster.stores.lake.tables import SCORES

SCORE_SCHEMA = delivered(SCORES)
"""What `append_scores` takes. `available_at` is that of the bar whose close was read last."""


def scores(
    lake: Lake,
    *,
    model: str,
    version: str | None = None,
    instrument_ids: Iterable[str] | None = None,
    in_sample: bool | None = None,
    **sessions: Unpack[Sessions],
) -> pa.Table:
    """A model's scores of sessions from `start` to `end`, sorted by version, instrument and session.

    SCORE_SCHEMA and `recorded_at`; no rows where nothing was scored. `as_of` (aware) cuts by what
    the scores were computed from: when the model itself was made, `in_sample` tells. With
    `in_sample` only the rows of which training has seen the close, or only the others.
    """
    texts = {"model": [model]} | ({} if version is None else {"version": [version]})
    rows = read(lake, SCORES, texts, instrument_ids, **sessions)
    # After the vintages are settled: another vintage of a score may say something else here.
    return rows if in_sample is None else rows.filter(pc.equal(rows["in_sample"], in_sample))


def append_scores(lake: Lake, rows: pa.Table, *, recorded_at: datetime) -> AppendResult:
    """Commit scores (SCORE_SCHEMA) that are new or differ from those that stand, in one commit.

    A score that came out the same again keeps the snapshot and the job of the first time. Raises
    BadInput (nothing is written) and StoreError.
    """
    return append(lake, SCORES, rows, recorded_at=recorded_at)
