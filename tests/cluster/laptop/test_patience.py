from pathlib import Path

import pytest

from cluster.laptop.supervision.patience import (
    FORGIVEN_AFTER_S,
    PAUSES_S,
    RESTART_WITHIN_S,
    next_start,
)

UNIT = Path(__file__).parents[3] / "infra/node/trii-ray-head.service"


def test_what_died_for_the_first_time_is_started_again_at_once():
    assert next_start([], died=100.0) == 100.0


def test_each_further_start_waits_longer_and_behind_the_last_it_is_given_up():
    starts, waits = [], []
    died = 50.0
    while (due := next_start(starts, died=died)) is not None:
        waits.append(due - died)
        starts.append(due)
        died = due + 0.5
    assert waits == list(PAUSES_S)
    assert waits == sorted(waits)


def test_what_ran_for_long_is_forgiven():
    starts = [float(i) for i in range(len(PAUSES_S))]
    assert next_start(starts, died=10.0) is None
    assert next_start(starts, died=starts[-1] + FORGIVEN_AFTER_S) == pytest.approx(
        starts[-1] + FORGIVEN_AFTER_S
    )
    assert next_start(starts, died=starts[0] + FORGIVEN_AFTER_S) is not None


def test_a_unit_of_the_cluster_starts_ray_again_within_the_same_time():
    unit = UNIT.read_text().splitlines()
    assert "Restart=always" in unit
    assert f"RestartSec={RESTART_WITHIN_S:g}" in unit
