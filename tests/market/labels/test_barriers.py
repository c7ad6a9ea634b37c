"""Triple-barrier labels end where the first barrier is met; weights share what labels share."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.errors import BadParameter, DataNotFit
from market.labels import Labels, forward_return, forward_sign
from market.labels.barriers import triple_barrier
from market.labels.uniqueness import uniqueness


def by_hand(close, horizon, gain, loss, scale):
    """Slow and plain: value and end of each row."""
    rows = []
    for t in range(len(close)):
        if t + horizon >= len(close):
            rows.append((math.nan, len(close)))
            continue
        moves = [math.log(close[k] / close[t]) for k in range(t + 1, t + horizon + 1)]
        up = next((k for k, m in enumerate(moves) if m >= gain * scale[t]), horizon)
        down = next((k for k, m in enumerate(moves) if m <= -loss * scale[t]), horizon)
        value = 0.0 if up == down else 1.0 if up < down else -1.0
        rows.append((value, t + min(min(up, down) + 1, horizon)))
    return rows


@settings(deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(0, 40),
    horizon=st.integers(1, 12),
    gain=st.sampled_from([0.5, 1.0, 2.0, math.inf]),
    loss=st.sampled_from([0.5, 1.0, 3.0]),
)
def test_the_first_touch_decides_value_and_end(seed, count, horizon, gain, loss):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, count)))
    scale = rng.uniform(0.01, 0.05, count)
    labels = triple_barrier(close, horizon=horizon, gain=gain, loss=loss, scale=scale)
    expected = by_hand(close, horizon, gain, loss, scale)
    np.testing.assert_array_equal(labels.value, [value for value, _ in expected])
    np.testing.assert_array_equal(labels.end, [end for _, end in expected])


def test_no_close_after_the_end_matters():
    rng = np.random.default_rng(3)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 200)))
    other = close.copy()
    other[120:] *= 5
    ours = triple_barrier(close, horizon=10, gain=0.03, loss=0.03)
    theirs = triple_barrier(other, horizon=10, gain=0.03, loss=0.03)
    settled = ours.end < 120
    np.testing.assert_array_equal(ours.value[settled], theirs.value[settled])
    np.testing.assert_array_equal(ours.end[settled], theirs.end[settled])


def test_a_label_is_unknown_while_its_horizon_or_a_close_is_missing():
    close = np.array([100.0, 130.0, 100.0, np.nan, 100.0, 130.0])
    labels = triple_barrier(close, horizon=2, gain=0.2, loss=0.2)
    np.testing.assert_array_equal(labels.value, [1.0, -1.0, np.nan, np.nan, np.nan, np.nan])
    assert labels.end.tolist() == [1, 2, 4, 5, 6, 6]


@pytest.mark.parametrize(
    "wrong", [{"horizon": 0}, {"gain": -1.0}, {"loss": math.nan}], ids=lambda w: next(iter(w))
)
def test_parameters_out_of_range_are_named(wrong):
    parameters = {"horizon": 5, "gain": 1.0, "loss": 1.0} | wrong
    with pytest.raises(BadParameter, match=next(iter(wrong))):
        triple_barrier(np.ones(9), **parameters)
    with pytest.raises(DataNotFit, match="scale"):
        triple_barrier(np.ones(9), horizon=2, gain=1.0, loss=1.0, scale=np.ones(8))


def test_the_sign_is_that_of_the_forward_return():
    close = np.array([10.0, 11.0, 10.0, 10.0, 12.0])
    labels = forward_sign(close, horizon=2)
    np.testing.assert_array_equal(labels.value, [0.0, -1.0, 1.0, np.nan, np.nan])
    np.testing.assert_array_equal(labels.end, forward_return(close, horizon=2).end)


def test_labels_that_do_not_overlap_weigh_one_and_shared_sessions_are_split():
    apart = Labels(np.array([1.0, np.nan, 1.0, np.nan, np.nan]), np.array([2, 5, 4, 5, 5]))
    np.testing.assert_array_equal(uniqueness(apart), [1.0, np.nan, 1.0, np.nan, np.nan])
    # Rows 1 to 2 and 2 to 3: session 2 is read by both.
    shared = Labels(np.array([1.0, 1.0, np.nan, np.nan]), np.array([2, 3, 4, 4]))
    np.testing.assert_allclose(uniqueness(shared), [0.75, 0.75, np.nan, np.nan])


@settings(deadline=None)
@given(count=st.integers(2, 60), horizon=st.integers(1, 15))
def test_weights_times_lengths_add_up_to_the_sessions_that_are_read(count, horizon):
    close = 100 + np.arange(count, dtype=float)
    labels = forward_return(close, horizon=horizon)
    known = np.isfinite(labels.value)
    weights = uniqueness(labels)
    read = {k for t in np.flatnonzero(known) for k in range(t + 1, labels.end[t] + 1)}
    assert np.nansum(weights) * horizon == pytest.approx(len(read))
    assert np.isnan(weights).tolist() == (~known).tolist()
    assert ((weights[known] > 0) & (weights[known] <= 1)).all()


def test_a_label_without_a_session_is_refused():
    with pytest.raises(DataNotFit, match="its own row"):
        uniqueness(Labels(np.array([1.0, 1.0]), np.array([0, 1])))
