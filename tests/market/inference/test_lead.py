"""Whether a strategy beats its baseline: paired, with an interval that covers what is true."""

import numpy as np
import pytest

from market.errors import DataNotFit
from market.inference import lead_over


def pair(seed, *, n=1_000, ahead=0.0, apart=0.002):
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0003, 0.01, n)
    return market + ahead / 252 + rng.normal(0, apart, n), market


@pytest.mark.parametrize(
    ("ahead", "standing"), [(0.2, "ahead"), (-0.2, "behind"), (0.0, "undecided")]
)
def test_a_plain_lead_is_seen_though_the_market_swings_far_more(ahead, standing):
    found = lead_over(*pair(3, ahead=ahead), sessions_per_year=252)
    assert found.standing == standing
    assert found.lower < found.mean < found.upper
    assert found.mean == pytest.approx(ahead, abs=0.1)


def test_the_same_curve_leads_by_nothing_and_that_is_not_called_a_lead():
    ours, _ = pair(1)
    found = lead_over(ours, ours, sessions_per_year=252)
    assert (found.mean, found.lower, found.upper, found.standing) == (0, 0, 0, "undecided")


def test_swapped_sides_swap_the_sign_and_the_same_seed_gives_the_same_interval():
    ours, theirs = pair(2, ahead=0.1)
    found, again = (lead_over(ours, theirs, sessions_per_year=252) for _ in range(2))
    assert found == again
    other = lead_over(theirs, ours, sessions_per_year=252)
    assert (other.mean, other.lower, other.upper) == pytest.approx(
        (-found.mean, -found.upper, -found.lower), rel=1e-9
    )


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    found = [lead_over(*pair(seed, n=400), sessions_per_year=252) for seed in range(200)]
    covered = sum(one.lower <= 0.0 <= one.upper for one in found)
    # 190 of 200 are expected; the bootstrap of 400 sessions is a little short.
    assert 176 <= covered <= 199


@pytest.mark.parametrize(("ours", "theirs"), [(19, 19), (0, 0), (30, 31)])
def test_too_few_sessions_and_other_sessions_are_refused(ours, theirs):
    with pytest.raises(DataNotFit, match="20 or more of the same sessions"):
        lead_over(np.zeros(ours), np.zeros(theirs), sessions_per_year=252)
