"""Histories are read once for as long as their own data stand still."""

import numpy as np

from cluster.stores import ledger
from cluster.stores.lake import Lake
from deployments.analysis.histories import Histories
from tests.lakes import RECORDED, fill


def test_what_research_writes_neither_moves_the_snapshot_nor_has_histories_read_again(
    tmp_path, now
):
    lake = Lake(tmp_path)
    fill(lake)
    histories = Histories(lake, clock=lambda: now)
    before = histories.get("SYN001", "1Day")
    returns = np.arange("2024-01-01", "2024-01-04", dtype="datetime64[D]"), np.zeros(3)
    ledger.store_returns(lake, {"a" * 64: returns}, recorded_at=RECORDED)
    after = histories.get("SYN001", "1Day")
    assert "returns@" in lake.snapshot()
    assert after.snapshot == before.snapshot
    assert after.bars is before.bars
