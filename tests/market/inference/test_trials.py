"""Trials of several spans on one axis: what is known of each stays what it was."""

import numpy as np
import pytest

from market.inference import deflate, probabilistic_sharpe, side_by_side
from market.statistics import kurtosis, sharpe, skew


def days(first, count):
    return np.datetime64(first, "D") + np.arange(count)


def test_every_session_of_any_trial_has_a_row_and_who_sat_out_has_zero():
    early = days("2024-01-01", 2), np.array([0.1, 0.2])
    late = days("2024-01-02", 3)[::2], np.array([0.3, 0.4])
    expected = [[0.1, 0.0], [0.2, 0.3], [0.0, 0.4]]
    np.testing.assert_array_equal(side_by_side([early, late]), expected)


@pytest.mark.parametrize("seed", range(3))
def test_a_span_among_longer_ones_is_as_sure_as_alone(seed):
    draw = np.random.default_rng(seed)
    returns = draw.normal(0.0008, 0.01, 500)
    longer = days("2018-01-01", 2000), draw.normal(0.0, 0.01, 2000)
    matrix = side_by_side([(days("2020-01-01", 500), returns), longer])
    alone, among = (
        probabilistic_sharpe(
            sharpe(values, sessions_per_year=1),
            observations=len(values),
            skew=skew(values),
            kurtosis=kurtosis(values) + 3,
        )
        for values in (returns, matrix[:, 0])
    )
    assert among == pytest.approx(alone, abs=0.003)


def test_a_family_of_two_calendars_is_judged_together():
    draw = np.random.default_rng(1)
    whole = days("2020-01-01", 700)
    weekdays = whole[np.is_busday(whole)]
    trials = [(axis, draw.normal(0, 0.01, len(axis))) for axis in (whole, weekdays, whole)]
    verdict = deflate(side_by_side(trials))
    assert (verdict.raw.trials, verdict.clustered.trials, verdict.observations) == (3, 3, 700)
