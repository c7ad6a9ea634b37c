"""Attribution explains all of the difference, over one period and over many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import DataNotFit
from market.portfolio import brinson, factor_attribution
from tests.examples import examples


def test_one_period_by_hand():
    """Two groups; the textbook's effects."""
    found = brinson([[0.7, 0.3]], [[0.5, 0.5]], [[0.10, 0.02]], [[0.08, 0.04]])
    assert found.allocation == pytest.approx([0.2 * 0.02, 0.2 * 0.02])
    assert found.selection == pytest.approx([0.5 * 0.02, -0.5 * 0.02])
    assert found.interaction == pytest.approx([0.2 * 0.02, 0.2 * 0.02])
    assert found.active == pytest.approx(0.076 - 0.06)


@examples(60)
@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 5))
def test_linked_effects_sum_to_the_compounded_difference(seed, periods, groups):
    rng = np.random.default_rng(seed)
    w, v = (rng.dirichlet(np.ones(groups), periods) for _ in range(2))
    r, b = rng.normal(0.01, 0.05, (2, periods, groups))
    found = brinson(w, v, r, b)
    parts = found.allocation + found.selection + found.interaction
    assert parts.sum() == pytest.approx(found.active, rel=1e-7, abs=1e-12)


def test_the_benchmark_itself_has_no_effect():
    w, r = [[0.4, 0.6]] * 3, [[0.01, -0.02]] * 3
    found = brinson(w, w, r, r)
    assert found.active == 0.0
    assert not np.concatenate([found.allocation, found.selection, found.interaction]).any()


@pytest.mark.parametrize(
    ("w", "r", "says"),
    [
        ([[0.5, 0.4]], [[0.0, 0.0]], "sum to 1"),
        ([[0.5, 0.5]], [[np.nan, 0.0]], "finite"),
        ([[0.5, 0.5]], [[-1.0, -1.0]], "lost everything"),
    ],
)
def test_periods_that_cannot_be_explained_are_refused(w, r, says):
    with pytest.raises(DataNotFit, match=says):
        brinson(w, [[0.5, 0.5]], r, [[0.0, 0.0]])


def test_factors_and_what_is_left_sum_to_the_whole():
    rng = np.random.default_rng(1)
    factors = rng.normal(0, 0.01, (500, 2))
    returns = factors @ [1.2, -0.4] + 0.0002 + rng.normal(0, 0.002, 500)
    found = factor_attribution(returns, factors, names=("market", "value"))
    assert found.exposures == pytest.approx([1.2, -0.4], abs=0.05)
    assert found.contributions.sum() + found.specific == pytest.approx(found.total)
    assert found.total == pytest.approx(returns.sum())
    assert found.r_squared > 0.95


def test_factors_that_repeat_each_other_are_refused():
    one = np.random.default_rng(1).normal(size=(50, 1))
    with pytest.raises(DataNotFit, match="repeat each other"):
        factor_attribution(one[:, 0], np.hstack([one, 2 * one]), names=("a", "b"))
    with pytest.raises(DataNotFit, match="do not fit"):
        factor_attribution(one[:, 0], one, names=())
    with pytest.raises(DataNotFit, match="more sessions than factors"):
        factor_attribution(one[:2, 0], one[:2], names=("a",))
