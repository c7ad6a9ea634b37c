"""Histories are read once for as long as their own data stand still."""

import numpy as np

from cluster.ledger.returns import store_returns
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
    store_returns(lake, {"a" * 64: returns}, recorded_at=RECORDED)
    after = histories.get("SYN001", "1Day")
    assert "returns@" in lake.snapshot()
    assert after.snapshot == before.snapshot
    assert after.bars is before.bars


def test_as_many_histories_are_kept_as_their_bars_allow(tmp_path, now):
    lake = Lake(tmp_path)
    fill(lake)
    first = Histories(lake, clock=lambda: now).get("SYN001", "1Day").bars
    for room, is_kept in ((len(first), False), (2 * len(first), True)):
        histories = Histories(lake, clock=lambda: now, most_bars=room)
        before = histories.get("SYN001", "1Day").bars
        histories.get("SYN002", "1Day")
        assert (histories.get("SYN001", "1Day").bars is before) is is_kept
