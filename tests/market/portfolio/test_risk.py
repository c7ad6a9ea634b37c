"""Risk of given weights adds up, and shocks cost what they should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import BadParameter, DataNotFit
from market.portfolio import risk, stress
from market.statistics import beta, value_at_risk
from tests.examples import examples


def returns(n=300, k=4, seed=0):
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 0.01, (n, 1))
    return common * np.linspace(0.5, 1.5, k) + rng.normal(0, 0.01, (n, k))


@examples(60)
@given(st.integers(0, 10_000), st.integers(1, 8))
def test_risk_contributions_sum_to_the_portfolios_risk(seed, k):
    weights = np.random.default_rng(seed).normal(0, 1, k)
    cov = risk.covariance(returns(60, k, seed))
    whole = risk.volatility(weights, cov)
    assert risk.risk_contributions(weights, cov).sum() == pytest.approx(whole, rel=1e-9)
    assert whole == pytest.approx(
        np.std(risk.portfolio_returns(weights, returns(60, k, seed)), ddof=1), rel=1e-9
    )


@examples(40)
@given(st.integers(0, 10_000), st.integers(1, 8))
def test_equal_risk_weights_are_long_whole_and_equal_in_risk(seed, k):
    cov = risk.covariance(returns(60, k, seed) * np.linspace(1, 5, k))
    weights = risk.equal_risk_weights(cov)
    parts = risk.risk_contributions(weights, cov)
    assert (weights > 0).all()
    assert weights.sum() == pytest.approx(1.0)
    assert np.allclose(parts, parts.mean(), rtol=1e-8)


@pytest.mark.parametrize("apart", [0.0, 1e-12, 1e-6])
def test_risk_that_is_hedged_all_but_away_is_not_said_to_be_shared(apart):
    with pytest.raises(DataNotFit, match="hedge others all but away"):
        risk.equal_risk_weights([[1.0, apart - 1.0], [apart - 1.0, 1.0]])


def test_covariance_is_numpys():
    assert np.allclose(risk.covariance(returns()), np.cov(returns(), rowvar=False), rtol=1e-12)


def test_concentration_of_equal_and_of_single_positions():
    even = risk.concentration([0.25, -0.25, 0.25, -0.25])
    assert (even.effective, even.largest) == (pytest.approx(4.0), 0.25)
    assert risk.concentration([0.0, 3.0]).herfindahl == 1.0
    with pytest.raises(DataNotFit, match="nothing is held"):
        risk.concentration([0.0, 0.0])


def test_tail_risk_is_that_of_the_weights_held_through_the_past():
    weights, table = np.array([0.1, 0.2, 0.3, 0.4]), returns()
    own = table @ weights
    for method in ("historical", "gaussian", "cornish-fisher", "rockafellar-uryasev"):
        found = risk.value_at_risk(weights, table, tail=0.05, method=method)
        assert found == pytest.approx(value_at_risk(own, tail=0.05, method=method))
        assert risk.expected_shortfall(weights, table, tail=0.05, method=method) < found


def test_a_portfolios_beta_is_the_weighted_sum():
    weights, table, market = np.array([0.1, 0.2, 0.3, 0.4]), returns(), returns(seed=0).mean(axis=1)
    assert weights @ risk.betas(table, market) == pytest.approx(beta(table @ weights, market))


def test_a_scenario_costs_its_shocks_times_the_exposures():
    lost = stress.stress(
        {"A": 0.5, "B": 0.3, "cash:USD": 0.2},
        {"market": -0.2, "B": -0.5},
        exposures={"A": {"market": 1.5}, "B": {"market": 1.0}},
    )
    assert lost == pytest.approx({"A": -0.15, "B": -0.15, "cash:USD": 0.0})


def test_a_shock_that_reaches_nothing_is_refused():
    with pytest.raises(BadParameter, match="'marekt' reaches no position"):
        stress.stress({"A": 1.0}, {"marekt": -0.2}, exposures={"A": {"market": 1.0}})


def test_a_drawdown_limit_names_the_first_row_that_reaches_it():
    equity = [100, 120, 109, 108, 107, 130]
    assert stress.drawdown_breach(equity, limit=0.1) == 3
    assert stress.drawdown_breach(equity, limit=0.2) is None
    for hundredths in range(1, 100):
        assert stress.drawdown_breach([100, 100 - hundredths], limit=hundredths / 100) == 1
        assert stress.drawdown_breach([100, 100.001 - hundredths], limit=hundredths / 100) is None
    with pytest.raises(BadParameter, match="limit=1: expected between 0 and 1"):
        stress.drawdown_breach(equity, limit=1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: risk.covariance([[1.0, np.nan], [1.0, 2.0]]),
        lambda: risk.covariance([1.0, 2.0]),
        lambda: risk.volatility([1.0], np.eye(2)),
        lambda: risk.equal_risk_weights(np.zeros((2, 2))),
        lambda: risk.portfolio_returns([1.0], returns()),
        lambda: risk.volatility([np.inf], np.eye(1)),
        lambda: risk.volatility([1.0], [1.0]),
        lambda: stress.drawdown_breach([1.0, 0.0], limit=0.1),
    ],
)
def test_what_has_no_risk_is_refused(call):
    with pytest.raises(DataNotFit):
        call()
