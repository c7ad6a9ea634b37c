"""The table of drawdowns covers every session below a peak once, with its dates."""

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import DataNotFit
from market.statistics import DatedDrawdown, Drawdown, drawdowns, max_drawdown
from tests.market.statistics.series import RETURNS, SESSIONS

FIRST = np.datetime64("2024-01-01")
RETURN_LISTS = st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=60)


def test_one_fall_by_hand():
    """Up 10 %, down 20 % in two sessions, up 30 % in two: five sessions, the last recovers."""
    returns = [0.10, -0.10, 0.72 / 0.9 / 0.9 - 0.1 - 1, 0.1, 0.3]
    got = drawdowns(returns, FIRST + np.arange(5))
    equity = np.cumprod(np.array(returns) + 1)
    assert got == [
        DatedDrawdown(
            depth=equity[2] / equity[0] - 1,
            peak=date(2024, 1, 1),
            trough=date(2024, 1, 3),
            recovery=date(2024, 1, 5),
            sessions_down=2,
            sessions_up=2,
        )
    ]
    assert got[0].sessions == 4


def test_a_fall_from_the_start_has_no_peak_and_an_open_one_no_recovery():
    (got,) = drawdowns([-0.1, 0.05], FIRST + np.arange(2))
    assert (got.peak, got.trough, got.recovery) == (None, date(2024, 1, 1), None)
    assert (got.sessions_down, got.sessions_up) == (1, 1)


@given(RETURN_LISTS)
def test_every_session_below_its_peak_is_in_exactly_one_fall(returns):
    days = FIRST + np.arange(len(returns))
    equity = np.concatenate([[1.0], np.cumprod(1 + np.array(returns))])
    below = np.flatnonzero(equity[1:] / np.maximum.accumulate(equity)[1:] - 1 < -1e-12)
    covered = []
    for one in drawdowns(returns, days):
        start = np.datetime64(one.peak) if one.peak else FIRST - 1
        length = one.sessions - (one.recovery is not None)
        covered += [int((start + 1 + k - FIRST).astype(int)) for k in range(length)]
    assert sorted(covered) == below.tolist()


@given(RETURN_LISTS)
def test_the_deepest_is_the_maximum_drawdown(returns):
    found = drawdowns(returns, FIRST + np.arange(len(returns)))
    deepest = max_drawdown(returns)
    assert [one.depth for one in found] == sorted(one.depth for one in found)
    assert (found[0].depth if found else 0.0) == deepest.depth
    if found:
        assert np.datetime64(found[0].trough) == FIRST + deepest.trough - 1
        assert found[0].sessions_down == deepest.trough - deepest.peak


def test_a_fall_begins_where_equity_last_stood_at_its_peak():
    returns = [0.1, 0.0, 0.0, -0.2, 0.1]
    assert max_drawdown(returns) == Drawdown(pytest.approx(-0.2), peak=3, trough=4)
    (one,) = drawdowns(returns, FIRST + np.arange(5))
    assert (one.peak, one.sessions_down) == (date(2024, 1, 3), 1)


@given(st.lists(st.floats(0.01, 0.999), min_size=1, max_size=30))
def test_what_is_won_back_is_recovered_whatever_rounding_says(lows):
    """From the top down to any levels, back through the same ones, then a session at rest."""
    levels = np.array([1.0, *lows, *lows[::-1], 1.0, 1.0])
    found = drawdowns(levels[1:] / levels[:-1] - 1, FIRST + np.arange(len(levels) - 1))
    assert all(one.recovery is not None for one in found)
    assert found[0].depth == pytest.approx(min(lows) - 1)


def test_a_recovery_that_rounding_hides_is_dated():
    (one,) = drawdowns([0.275, -0.064, 1 / 0.936 - 1, 0, 0], FIRST + np.arange(5))
    assert (one.recovery, one.sessions_up) == (date(2024, 1, 3), 1)


def test_equity_beyond_a_float_has_no_depth():
    assert math.isnan(max_drawdown([0.0] + [1e99] * 5).depth)


def test_top_cuts_the_table():
    whole = drawdowns(RETURNS, SESSIONS)
    assert drawdowns(RETURNS, SESSIONS, top=3) == whole[:3]
    assert drawdowns([0.1, 0.2], FIRST + np.arange(2)) == []


def test_dates_that_do_not_pair_up_are_refused():
    for days in (FIRST + np.arange(3), FIRST - np.arange(2)):
        with pytest.raises(DataNotFit, match="one session a return, in rising order"):
            drawdowns([0.1, -0.1], days)
