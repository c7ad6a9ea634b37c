"""What a user of strategies relies on: declared ranges hold, and faults say the remedy."""

import numpy as np
import pytest

from market.errors import BadParameter
from market.strategies import find_strategy, make_strategy, strategy_names
from market.strategies.library.sma_cross import SmaCross


def test_parameters_take_their_defaults_and_are_read_as_numbers():
    strategy = make_strategy("sma-cross", {"fast": 10})
    assert (strategy.fast, strategy.slow) == (10, 50)
    assert strategy.input_names() == ("sma:10", "sma:50")


def test_two_instances_do_not_share_their_values():
    assert (SmaCross(fast=10).fast, SmaCross(fast=11).fast) == (10, 11)


@pytest.mark.parametrize("value", [4, 61, 20.0, True, "20", None, float("nan")])
def test_a_value_out_of_range_or_of_another_kind_is_refused_with_name_and_range(value):
    with pytest.raises(
        BadParameter, match=r"fast=.*: expected a whole number from 5 to 60"
    ) as info:
        make_strategy("sma-cross", {"fast": value})
    assert info.value.parameter == "fast"


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint16])
def test_numbers_of_numpy_are_numbers_and_are_kept_as_pythons_own(kind):
    strategy = make_strategy("sma-cross", {"fast": kind(10)})
    assert strategy.values == make_strategy("sma-cross", {"fast": 10}).values
    assert type(strategy.values["fast"]) is int
    with pytest.raises(BadParameter, match="expected a whole number"):
        make_strategy("sma-cross", {"fast": np.bool_(True)})


def test_every_fault_is_named_at_once():
    with pytest.raises(BadParameter, match=r"'slwo' .*did you mean 'slow'.*fast=1: expected"):
        make_strategy("sma-cross", {"fast": 1, "slwo": 30})


def test_a_fast_mean_that_is_not_the_faster_one_is_refused():
    with pytest.raises(BadParameter, match="fast=60: expected below slow=20"):
        make_strategy("sma-cross", {"fast": 60, "slow": 20})


def test_an_unknown_strategy_is_refused_with_the_nearest_name():
    with pytest.raises(BadParameter, match=r"'sma-crss' is unknown; did you mean 'sma-cross'\?"):
        find_strategy("sma-crss")
    with pytest.raises(BadParameter, match="known are bollinger-reversion, buy-and-hold"):
        find_strategy("zzzzzz")


@pytest.mark.parametrize(
    "name", [name for name in strategy_names() if find_strategy(name).shape() == "target"]
)
def test_every_elementwise_strategy_answers_bar_by_bar_and_within_0_to_1(name):
    strategy = make_strategy(name, {})
    x = np.random.default_rng(1).normal(size=(len(strategy.inputs), 3, 40))
    whole = strategy.target(x)
    assert whole.shape == (3, 40)
    assert ((whole >= 0) & (whole <= 1)).all()
    one_by_one = [strategy.target(x[..., t : t + 1]) for t in range(40)]
    assert np.array_equal(whole, np.concatenate(one_by_one, axis=-1))
