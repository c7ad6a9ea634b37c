"""Labels look ahead by exactly their horizon, and say until where."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.errors import BadParameter, DataNotFit
from market.labels import forward_return, realised_volatility, volatility_regime


def walk(count: int, seed: int = 0) -> np.ndarray:
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, count)))


@pytest.mark.parametrize("label", [realised_volatility, forward_return])
@settings(deadline=None)
@given(st.integers(0, 40), st.integers(1, 12))
def test_a_label_is_known_exactly_where_its_last_close_is(label, count, horizon):
    labels = label(walk(count), horizon=horizon)
    assert labels.end.tolist() == [min(row + horizon, count) for row in range(count)]
    assert np.isfinite(labels.value).tolist() == (labels.end < count).tolist()


def test_realised_volatility_is_that_of_the_sessions_after():
    close = walk(30)
    changes = np.diff(np.log(close))
    expected = np.sqrt(np.mean(changes[10:15] ** 2))
    assert realised_volatility(close, horizon=5).value[10] == pytest.approx(expected, rel=1e-12)


def test_forward_return_is_that_of_the_sessions_after():
    close = walk(30)
    assert forward_return(close, horizon=5).value[10] == pytest.approx(
        np.log(close[15] / close[10])
    )


def test_regime_compares_the_next_month_with_the_median_known_today():
    close = walk(400)
    changes = np.diff(np.log(close), prepend=np.nan)
    trailing = np.array(
        [np.sqrt(np.mean(changes[max(t - 4, 0) : t + 1] ** 2)) for t in range(len(close))]
    )
    labels = volatility_regime(close, horizon=5, history=100)
    for row in (105, 200, 394):
        usual = np.median(trailing[row - 99 : row + 1])
        assert labels.value[row] == float(trailing[row + 5] > usual)


def test_regime_is_unknown_without_its_history_and_without_its_future():
    labels = volatility_regime(walk(400), horizon=5, history=100)
    assert np.flatnonzero(np.isfinite(labels.value)).tolist() == list(range(104, 395))


def test_regime_reads_no_close_beyond_its_end():
    close = walk(400)
    shocked = close.copy()
    shocked[300:] *= 2
    before = volatility_regime(close, horizon=5, history=100)
    after = volatility_regime(shocked, horizon=5, history=100)
    settled = before.end < 300
    np.testing.assert_array_equal(before.value[settled], after.value[settled])
    assert (before.value[295:300] <= after.value[295:300]).all()


def test_a_horizon_below_one_is_refused():
    with pytest.raises(BadParameter, match="horizon=0"):
        forward_return(walk(5), horizon=0)


def test_closes_of_several_instruments_are_refused():
    with pytest.raises(DataNotFit, match=r"shape \(2, 5\): expected one dimension"):
        forward_return(np.ones((2, 5)), horizon=1)


@pytest.mark.parametrize("label", [realised_volatility, forward_return, volatility_regime])
def test_a_label_is_unknown_while_a_close_that_it_reads_is_missing(label):
    close = walk(40)
    close[30] = np.nan
    options = {"history": 5} if label is volatility_regime else {}
    labels = label(close, horizon=3, **options)
    whole = label(walk(40), horizon=3, **options)
    lost = np.flatnonzero(np.isfinite(whole.value) & np.isnan(labels.value))
    assert set(lost) >= {27, 30}
    assert 26 not in lost
    np.testing.assert_array_equal(labels.end, whole.end)
