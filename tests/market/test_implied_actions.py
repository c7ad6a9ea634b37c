"""What an adjusted close beside a raw one shows, and what a jump looks like."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from market.actions.implied import shortest, shows, split_shaped, steps
from market.errors import DataNotFit


def prices(seed, count=400):
    moves = np.random.default_rng(seed).normal(0.0, 0.02, count)
    return np.round(100.0 * np.exp(np.cumsum(moves)), 2)


def adjusted(close, events, decimals):
    """Closes as vendors adjust them for (row, split ratio, amount)."""
    factor = np.ones(len(close))
    for row, ratio, paid in events:
        factor[:row] *= (1.0 - paid / close[row - 1]) / ratio
    return np.round(close * factor, decimals)


@given(seed=st.integers(0, 10**6), row=st.integers(1, 399), cents=st.integers(5, 500))
def test_a_dividend_is_found_on_its_day_with_its_amount(seed, row, cents):
    close = prices(seed)
    (step,) = steps(close, adjusted(close, [(row, 1.0, cents / 100)], 6))
    assert step.row == row
    assert step.split is None
    assert step.dividend == pytest.approx(cents / 100, abs=0.011)  # two roundings to cents
    assert step.agrees(1.0 / (1.0 - cents / 100 / close[row - 1]))


@given(
    seed=st.integers(0, 10**6),
    row=st.integers(1, 399),
    ratio=st.sampled_from([2, 4, 1.5, 20, 0.1, 0.25]),
)
def test_a_split_is_found_with_its_ratio(seed, row, ratio):
    close = prices(seed)
    close[row:] = np.round(close[row:] / ratio, 2)
    assume(close.min() > 0.5)
    (step,) = steps(close, adjusted(close, [(row, ratio, 0.0)], 6))
    assert (step.row, step.split) == (row, pytest.approx(ratio, rel=1e-9))


@given(seed=st.integers(0, 10**6), decimals=st.integers(2, 6))
def test_rounding_alone_is_no_step(seed, decimals):
    close = prices(seed)
    assert steps(close, np.round(close * 0.7312345, decimals)) == []
    assert steps(close, close) == []


def test_a_ratio_that_always_moves_is_refused_and_what_is_missing_shows_nothing():
    close = prices(1)
    with pytest.raises(DataNotFit, match="not made of splits and dividends"):
        steps(close, prices(2))
    holes = adjusted(close, [(200, 1.0, 0.5)], 6)
    holes[190:200] = np.nan
    (step,) = steps(close, holes)
    assert step.row == 200
    assert steps(close[:0], close[:0]) == []
    assert steps(close[:1], close[:1]) == []


def test_a_jump_shaped_like_a_split_is_called_by_its_ratio():
    assert split_shaped(499.23, 129.04) == 4.0
    assert split_shaped(1.05, 10.2) == 0.1
    assert split_shaped(100.0, 70.0) is None
    assert split_shaped(0.0, 1.0) is None


def test_prices_that_go_on_as_before_do_not_show_the_split():
    assert shows(4.0, before=400.0, after=101.0)
    assert not shows(4.0, before=100.0, after=101.0)
    assert not shows(0.1, before=100.0, after=98.0)
    assert shows(1.05, before=100.0, after=100.0)  # too near to tell


def test_the_shortest_number_between_two():
    assert shortest(0.2399, 0.24001) == 0.24
    assert shortest(0.04, 0.14) == 0.1
    assert shortest(0.04, 0.14, least=2) == 0.09
    assert shortest(0.123456, 0.123456) == 0.123456
