"""The daily returns of trials, kept in the lake's table `returns`: what inference needs of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import numpy as np
import pyarrow as pa

from cluster.ledger import store
from cluster.stores.lake.keyed import AppendResult, one_of
from cluster.stores.lake.lake import Lake
from cluster.stores.lake.tables import RETURNS
from cluster.stores.postgres import Connection
from market.arrays import Days, Floats


def enter_with_returns(
    connection: Connection, lake: Lake, trial: store.Trial, returns: tuple[Days, Floats]
) -> bool:
    """Record a trial of a family that was begun, and keep its returns; False if it was known.

    In the caller's transaction: the row comes first, so that whoever enters the same trial at the
    same time waits here, and is committed last, so that nobody ever sees a trial without returns.
    What is left of one that never committed is found again. Raises StoreError.
    """
    is_new = store.record(connection, [trial]) == 1
    if is_new or not returns_of(lake, [trial.id]):
        store_returns(lake, {trial.id: returns}, recorded_at=trial.recorded_at)
    return is_new


def store_returns(
    lake: Lake, returns: Mapping[str, tuple[Days, Floats]], *, recorded_at: datetime
) -> AppendResult:
    """Keep the daily returns of trials by their ids: sessions (n,) and simple returns (n,).

    They are kept as 32-bit floats: seven digits of a return are more than inference uses.
    """
    rows = [
        {
            "trial_id": trial,
            "sessions": sessions.astype("datetime64[D]").tolist(),
            "returns": values.astype(np.float32).tolist(),
            "recorded_at": recorded_at,
        }
        for trial, (sessions, values) in returns.items()
    ]
    table = pa.Table.from_pylist(rows, schema=RETURNS.schema)
    where = one_of("trial_id", returns)
    return lake.tables[RETURNS.name].append(table, recorded_at=recorded_at, where=where)


def returns_of(lake: Lake, trials: Iterable[str]) -> dict[str, tuple[Days, Floats]]:
    """The daily returns of trials that were kept, by id: sessions (n,) and returns (n,)."""
    rows = lake.tables[RETURNS.name].read(one_of("trial_id", trials)).to_pylist()
    return {
        row["trial_id"]: (
            np.array(row["sessions"], dtype="datetime64[D]"),
            np.array(row["returns"], dtype=np.float32).astype(np.float64),
        )
        for row in rows
    }
