"""Optimal weights agree with closed forms, keep their limits, and name what they cannot keep."""

import numpy as np
import pytest

from market.errors import BadParameter, DataNotFit
from market.portfolio.optimise import Limits, Views, optimise
from market.portfolio.risk import covariance, equal_risk_weights, expected_shortfall, volatility

FREE = Limits(low=-2.0, high=2.0)
ALL = ("minimum-variance", "maximum-sharpe", "risk-parity", "hrp", "minimum-cvar")
BY_SOLVER = ("minimum-variance", "maximum-sharpe", "minimum-cvar")


@pytest.fixture(scope="module")
def returns():
    rng = np.random.default_rng(4)
    common = rng.normal(0.0005, 0.008, (500, 1))
    return common * np.linspace(0.6, 1.4, 6) + rng.normal(0.0003, 0.01, (500, 6))


@pytest.mark.parametrize("objective", ALL)
def test_weights_are_long_and_sum_to_one(returns, objective):
    weights = optimise(returns, objective)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights > -1e-9).all()


def test_minimum_variance_is_its_closed_form(returns):
    inverse = np.linalg.solve(covariance(returns), np.ones(6))
    found = optimise(returns, "minimum-variance", limits=FREE)
    assert found == pytest.approx(inverse / inverse.sum(), abs=1e-5)


def test_maximum_sharpe_is_its_closed_form(returns):
    inverse = np.linalg.solve(covariance(returns), returns.mean(axis=0))
    found = optimise(returns, "maximum-sharpe", limits=FREE)
    assert found == pytest.approx(inverse / inverse.sum(), abs=1e-4)


def test_risk_parity_is_that_of_our_own_descent(returns):
    found = optimise(returns, "risk-parity")
    assert found == pytest.approx(equal_risk_weights(covariance(returns)), abs=1e-5)


def test_minimum_cvar_has_the_least_shortfall_of_all(returns):
    best = optimise(returns, "minimum-cvar", tail=0.1)

    def shortfall(weights):
        return expected_shortfall(weights, returns, tail=0.1, method="rockafellar-uryasev")

    others = [
        *np.random.default_rng(0).dirichlet(np.ones(6), 300),
        optimise(returns, "minimum-variance"),
    ]
    assert shortfall(best) >= max(map(shortfall, others)) - 1e-9


def test_hrp_of_the_paper_and_of_optimal_leaves_are_told_apart(returns):
    optimal = optimise(returns, "hrp", leaf_order="optimal")
    paper = optimise(returns, "hrp", leaf_order="dendrogram")
    assert optimal.sum() == pytest.approx(1.0)
    assert not np.allclose(optimal, paper)


def test_black_litterman_is_its_posterior(returns):
    views = Views(picks=[[0, 0, 0, 1.0, 0, -1.0], [0.5, 0.5, 0, 0, 0, 0]], means=[0.001, 0.0002])
    cov, tau = covariance(returns), 0.05
    picks, means = np.asarray(views.picks), np.asarray(views.means)
    prior = cov @ np.full(6, 1 / 6)
    gain = tau * cov @ picks.T
    omega = np.diag(np.diag(picks @ gain))
    middle = np.linalg.inv(picks @ gain + omega)
    mean = prior + gain @ middle @ (means - picks @ prior)
    posterior = cov + tau * cov - gain @ middle @ gain.T
    inverse = np.linalg.solve(posterior, mean)
    found = optimise(returns, "maximum-sharpe", views=views, limits=FREE)
    assert found == pytest.approx(inverse / inverse.sum(), abs=1e-3)


@pytest.mark.parametrize("objective", BY_SOLVER)
def test_bounds_groups_and_turnover_are_kept(returns, objective):
    previous = np.full(6, 1 / 6)
    limits = Limits(
        low=0.05,
        high=[0.5] * 5 + [0.2],
        groups=["x", "x", "y", "y", "z", "z"],
        group_limits={"x": (0.0, 0.35), "z": (0.32, 1.0)},
        previous=previous.tolist(),
        turnover=0.1,
    )
    weights = optimise(returns, objective, limits=limits)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights >= 0.05 - 1e-6).all()
    assert weights[5] <= 0.2 + 1e-6
    assert weights[:2].sum() <= 0.35 + 1e-6
    assert weights[4:].sum() >= 0.32 - 1e-6
    assert np.abs(weights - previous).sum() / 2 <= 0.1 + 1e-6


def test_a_limit_on_turnover_costs_variance(returns):
    previous = [1.0, 0, 0, 0, 0, 0]
    cov, free = covariance(returns), optimise(returns, "minimum-variance")
    bound = optimise(returns, "minimum-variance", limits=Limits(previous=previous, turnover=0.2))
    assert bound[0] == pytest.approx(0.8, abs=1e-5)
    assert volatility(bound, cov) > volatility(free, cov)


@pytest.mark.parametrize(
    ("objective", "limits", "says"),
    [
        ("best", {}, "objective='best': expected one of minimum-variance"),
        ("hrp", {"groups": ["a"] * 6, "group_limits": {"a": (0, 1)}}, "hrp keeps no group limits"),
        ("risk-parity", {"turnover": 0.1, "previous": [0.0] * 6}, "no limit on turnover"),
        ("minimum-variance", {"turnover": 0.1}, "needs the previous weights"),
        ("minimum-variance", {"high": [1.0]}, "high has 1 values for 6 assets"),
        ("minimum-variance", {"group_limits": {"a": (0, 1)}}, "group 'a' has no members"),
    ],
)
def test_limits_that_cannot_be_kept_are_refused_by_name(returns, objective, limits, says):
    with pytest.raises(BadParameter, match=says):
        optimise(returns, objective, limits=Limits(**limits))


def test_limits_that_no_weights_keep_are_told(returns):
    with pytest.raises(DataNotFit, match="no weights keep"):
        optimise(returns, "minimum-variance", limits=Limits(high=0.1))
    with pytest.raises(DataNotFit, match="finite returns"):
        optimise(returns * np.nan, "minimum-variance")


def test_skfolio_is_loaded_only_when_asked():
    import subprocess
    import sys

    code = "import sys, market.portfolio.optimise; print('skfolio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
