"""Optimal weights agree with closed forms, keep their limits, and name what they cannot keep."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from market.errors import BadParameter, DataNotFit
from market.portfolio.limits import check_limits, nearest
from market.portfolio.optimise import Limits, Views, optimise
from market.portfolio.risk import covariance, equal_risk_weights, expected_shortfall, volatility

FREE = Limits(low=-2.0, high=2.0)
ALL = ("minimum-variance", "maximum-sharpe", "risk-parity", "hrp", "minimum-cvar")


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


PREVIOUS = np.full(6, 1 / 6)
LIMITS = Limits(
    low=0.05,
    high=[0.5] * 5 + [0.2],
    groups=["x", "x", "y", "y", "z", "z"],
    group_limits={"x": (0.0, 0.3), "z": (0.35, 1.0)},
    previous=PREVIOUS.tolist(),
    turnover=0.1,
)


@pytest.mark.parametrize("objective", ALL)
def test_bounds_groups_and_turnover_are_kept(returns, objective):
    weights = optimise(returns, objective, limits=LIMITS)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights >= 0.05 - 1e-6).all()
    assert weights[5] <= 0.2 + 1e-6
    assert weights[:2].sum() <= 0.3 + 1e-6
    assert weights[4:].sum() >= 0.35 - 1e-6
    assert np.abs(weights - PREVIOUS).sum() / 2 <= 0.1 + 1e-6


def steepest(slope):
    """The least of slope @ w over all weights within LIMITS: a linear programme over w, buys, sells."""
    eye = np.eye(6)
    groups = [[1, 1, 0, 0, 0, 0] + [0] * 12, [0, 0, 0, 0, -1, -1] + [0] * 12, [0] * 6 + [1] * 12]
    found = linprog(
        np.concatenate([slope, np.zeros(12)]),
        A_eq=np.vstack([[1] * 6 + [0] * 12, np.hstack([eye, -eye, eye])]),
        b_eq=np.concatenate([[1.0], PREVIOUS]),
        A_ub=groups,
        b_ub=[0.3, -0.35, 0.2],
        bounds=[(0.05, 0.5)] * 5 + [(0.05, 0.2)] + [(0, None)] * 12,
    )
    assert found.status == 0
    return found.fun


def test_hrp_within_groups_and_turnover_is_the_nearest_there_is(returns):
    """No weights within the limits lie further along the way to the free ones."""
    free = optimise(returns, "hrp", limits=Limits(low=LIMITS.low, high=LIMITS.high))
    found = optimise(returns, "hrp", limits=LIMITS)
    assert np.abs(found - free).max() > 0.01
    assert steepest(found - free) == pytest.approx((found - free) @ found, abs=1e-7)


def test_risk_parity_within_limits_has_the_least_risk_by_its_spread_of_weights(returns):
    """At the least of log volatility less mean log weight, no step within the limits descends."""
    cov, found = covariance(returns), optimise(returns, "risk-parity", limits=LIMITS)
    slope = cov @ found / (found @ cov @ found) - 1 / (6 * found)
    assert steepest(slope) == pytest.approx(slope @ found, abs=1e-4)
    assert np.abs(found - equal_risk_weights(cov)).max() > 0.01


def test_hrp_that_keeps_the_limits_as_it_is_stays(returns):
    free = optimise(returns, "hrp")
    wide = Limits(groups=["x"] * 3 + ["y"] * 3, group_limits={"x": (0.1, 0.9)})
    assert np.array_equal(optimise(returns, "hrp", limits=wide), free)


@pytest.mark.parametrize("kind", [np.array, pd.Series, tuple])
def test_groups_are_labels_of_any_kind(returns, kind):
    """Halves with at most 0.3 in the first: the nearest are 0.3 and 0.7."""
    pair = Limits(groups=kind(["x", "y"]), group_limits={"x": (0.0, 0.3)})
    check_limits(pair, 2)
    assert nearest(np.array([0.5, 0.5]), pair) == pytest.approx([0.3, 0.7], abs=1e-6)
    given = replace(LIMITS, groups=kind(LIMITS.groups))
    found = optimise(returns, "minimum-variance", limits=given)
    assert np.array_equal(found, optimise(returns, "minimum-variance", limits=LIMITS))


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
        ("hrp", {"turnover": -0.1, "previous": [0.0] * 6}, "turnover=-0.1: expected 0 or more"),
        ("minimum-variance", {"turnover": 0.1}, "needs the previous weights"),
        ("minimum-variance", {"high": [1.0]}, "high has 1 values for 6 assets"),
        ("hrp", {"turnover": 0.1, "previous": [np.nan] * 6}, r"previous=\[nan.*: expected numbers"),
        ("minimum-variance", {"group_limits": {"a": (0, 1)}}, "group 'a' has no members"),
    ],
)
def test_limits_that_cannot_be_kept_are_refused_by_name(returns, objective, limits, says):
    with pytest.raises(BadParameter, match=says):
        optimise(returns, objective, limits=Limits(**limits))


def test_limits_that_no_weights_keep_are_told(returns):
    with pytest.raises(DataNotFit, match="no weights keep"):
        optimise(returns, "minimum-variance", limits=Limits(high=0.1))
    for limits in (Limits(low=0.3), Limits(high=0.1)):
        with pytest.raises(DataNotFit, match="no weights keep these limits"):
            optimise(returns, "hrp", limits=limits)
    for objective in ("hrp", "risk-parity"):
        with pytest.raises(DataNotFit, match="no weights below 0: set low to 0 or above"):
            optimise(returns, objective, limits=Limits(low=-0.1))
    apart = Limits(groups=["x"] * 6, group_limits={"x": (0.0, 0.5)})
    with pytest.raises(DataNotFit, match=r"no weights keep these limits .*: widen one of them"):
        optimise(returns, "hrp", limits=apart)
    with pytest.raises(DataNotFit, match="finite returns"):
        optimise(returns * np.nan, "minimum-variance")


def test_skfolio_is_loaded_only_when_asked():
    import subprocess
    import sys

    code = "import sys, market.portfolio.optimise; print('skfolio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
