"""Which networks of a space are tried: all, or some that a seed draws, and never one twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.requests.space import USUAL, DecayRange, EpochsRange, RateRange, Space
from training.space import configurations

RANGES = Space(
    hidden=((8,), (4, 4)),
    learning_rate=RateRange(low=1e-6, high=0.1, log=True),
    weight_decay=DecayRange(low=0, high=10),
    epochs=EpochsRange(low=1, high=100),
)


def test_a_space_of_lists_is_tried_whole_and_its_first_values_first():
    found = configurations(USUAL, trials=None, seed=7)
    assert len(set(found)) == len(found) == 12
    assert (found[0].hidden, found[0].learning_rate, found[0].weight_decay) == ((64, 32), 3e-3, 1.0)
    assert configurations(USUAL, trials=500, seed=1) == found


@given(trials=st.integers(1, 30), seed=st.integers(0, 2**32 - 1))
def test_a_draw_repeats_stays_inside_and_holds_nothing_twice(trials, seed):
    for space in (USUAL, RANGES):
        found = configurations(space, trials=trials, seed=seed)
        assert found == configurations(space, trials=trials, seed=seed)
        assert len(set(found)) == len(found) == min(trials, space.points or trials)
    for config in configurations(RANGES, trials=trials, seed=seed):
        assert config.hidden in RANGES.hidden
        assert 1e-6 <= config.learning_rate <= 0.1
        assert 0 <= config.weight_decay <= 10
        assert (1 <= config.epochs <= 100, type(config.epochs)) == (True, int)


def test_another_seed_draws_others():
    drawn = {
        configurations(space, trials=5, seed=seed) for space in (USUAL, RANGES) for seed in (1, 2)
    }
    assert len(drawn) == 4


def test_one_point_is_one_trial():
    for trials in (None, 9):
        assert len(configurations(Space(epochs=(3,)), trials=trials, seed=0)) == 1


@pytest.mark.parametrize("log", [False, True])
def test_a_range_holds_both_its_ends_and_fewer_networks_than_trials_are_all_tried(log):
    space = Space(epochs=EpochsRange(low=1, high=3, log=log))
    found = configurations(space, trials=20, seed=5)
    assert {config.epochs for config in found} == {1, 2, 3}


def test_with_log_each_order_of_magnitude_is_drawn_alike():
    found = configurations(RANGES, trials=1000, seed=3)
    low = sum(config.learning_rate < 1e-4 for config in found)
    assert 330 < low < 470  # two of five orders
