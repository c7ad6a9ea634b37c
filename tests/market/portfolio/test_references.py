"""Optimal weights agree with PyPortfolioOpt and Riskfolio-Lib; what they gave is frozen here too.

The frozen weights are what PyPortfolioOpt 1.6.0 (Riskfolio-Lib 7.4.0 for risk parity and optimal
leaves) answered for the returns below, so the claim holds where they are not installed. Solvers end
where the objective is flat: it agrees to 1e-8 of itself, weights to 1e-4. HRP solves no problem and
agrees to rounding.
"""

import warnings

import numpy as np
import pytest

from market.portfolio.optimise import Limits, Views, optimise
from market.portfolio.risk import covariance, expected_shortfall, volatility

_T, _K = np.arange(250)[:, None], np.arange(8)[None, :]
# Eight assets that share a factor, the later ones more volatile and better paid.
RETURNS = (
    (0.0004 + 0.009 * np.sin(1.7 * _T * _T)) * (0.5 + 0.15 * _K)
    + (0.006 + 0.0008 * _K) * np.sin((2.3 + 0.17 * _K) * _T * _T + _K)
    + 0.0001 * _K
)
GROUPS = ["a", "a", "b", "b", "c", "c", "d", "d"]
LOW, HIGH = {"a": 0.0, "b": 0.0, "c": 0.0, "d": 0.3}, {"a": 0.22, "b": 1.0, "c": 1.0, "d": 1.0}
BETWEEN = {"low": 0.02, "high": 0.4, "groups": GROUPS} | {
    "group_limits": {name: (LOW[name], HIGH[name]) for name in "abcd"}
}
PREVIOUS, TURNOVER = np.full(8, 1 / 8), 0.1
WITHIN = Limits(**BETWEEN)
BOUND = Limits(**BETWEEN, previous=PREVIOUS.tolist(), turnover=TURNOVER)
PICKS = np.array([[0, 0, 0, 1, 0, -1, 0, 0], [0.5, 0.5, 0, 0, 0, 0, 0, 0]])
MEANS = np.array([0.0002, 0.0004])
TIGHT = {"tol_gap_abs": 1e-13, "tol_gap_rel": 1e-13}

OURS = {
    "minimum variance": lambda: optimise(RETURNS, "minimum-variance"),
    "minimum variance, limits": lambda: optimise(RETURNS, "minimum-variance", limits=BOUND),
    "maximum Sharpe": lambda: optimise(RETURNS, "maximum-sharpe"),
    "maximum Sharpe, limits": lambda: optimise(RETURNS, "maximum-sharpe", limits=WITHIN),
    "Black-Litterman": lambda: optimise(
        RETURNS, "maximum-sharpe", views=Views(picks=PICKS, means=MEANS)
    ),
    "minimum CVaR": lambda: optimise(RETURNS, "minimum-cvar"),
    "minimum CVaR, limits": lambda: optimise(RETURNS, "minimum-cvar", limits=BOUND),
    "risk parity": lambda: optimise(RETURNS, "risk-parity"),
    "HRP, dendrogram": lambda: optimise(RETURNS, "hrp", leaf_order="dendrogram"),
    "HRP, optimal": lambda: optimise(RETURNS, "hrp", leaf_order="optimal"),
}
FROZEN = {
    "minimum variance": [
        0.5242817245,
        0.2870555907,
        0.1886626644,
        1.96e-08,
        6e-10,
        1e-10,
        1e-10,
        1e-10,
    ],
    "minimum variance, limits": [0.125, 0.095, 0.175, 0.125, 0.125, 0.055, 0.175, 0.125],
    "maximum Sharpe": [0.0, 0.0, 0.0, 0.0, 0.4806501527, 0.5193498473, 0.0, 0.0],
    "maximum Sharpe, limits": [
        0.02,
        0.02,
        0.02,
        0.02,
        0.2652770746,
        0.3547229254,
        0.1462579246,
        0.1537420754,
    ],
    "Black-Litterman": [0.4258991042, 0.4155756519, 0.0, 0.1585252439, 0.0, 0.0, 0.0, 0.0],
    "minimum CVaR": [
        0.3742357651,
        0.2022267812,
        0.2163183064,
        0.1251621901,
        0.0481427397,
        0.0339142176,
        0.0,
        0.0,
    ],
    "minimum CVaR, limits": [0.095, 0.125, 0.1632639968, 0.1367360032, 0.125, 0.055, 0.175, 0.125],
    "risk parity": [
        0.2062608983,
        0.1690988832,
        0.1568239003,
        0.1209988488,
        0.107174482,
        0.0829819586,
        0.0806496941,
        0.0760113347,
    ],
    "HRP, dendrogram": [
        0.2840357949717124,
        0.2106660763184131,
        0.174796485267058,
        0.1130318989335382,
        0.0773429686884602,
        0.0503411882689678,
        0.0478928816415054,
        0.0418927059103449,
    ],
    "HRP, optimal": [
        0.2767484006514916,
        0.1983029775743435,
        0.1742244806551983,
        0.116615136005715,
        0.0818304017758405,
        0.0555859546855063,
        0.0505481200729667,
        0.0461445285789381,
    ],
}


def objective(name, weights):
    """What the method makes least; None for HRP, which has none."""
    cov = covariance(RETURNS)
    if name.startswith("HRP"):
        return None
    if "CVaR" in name:
        return -expected_shortfall(weights, RETURNS, method="rockafellar-uryasev")
    if name == "risk parity":
        return volatility(weights, cov) / np.exp(np.log(weights).mean())
    if name == "Black-Litterman":
        mean, cov = posterior()
        return volatility(weights, cov) / (weights @ mean)
    if "Sharpe" in name:
        return volatility(weights, cov) / (weights @ RETURNS.mean(axis=0))
    return volatility(weights, cov) ** 2


def posterior():
    """Black and Litterman's mean and covariance by their formula (He and Litterman's omega)."""
    cov = covariance(RETURNS)
    prior, gain = cov.mean(axis=1), 0.05 * cov @ PICKS.T
    spread = PICKS @ gain
    middle = np.linalg.inv(spread + np.diag(np.diag(spread)))
    mean = prior + gain @ middle @ (MEANS - PICKS @ prior)
    return mean, 1.05 * cov - gain @ middle @ gain.T


def same(name, ours, theirs):
    exact = name.startswith("HRP")
    assert ours == pytest.approx(theirs, abs=1e-12 if exact else 1e-4)
    assert exact or objective(name, ours) == pytest.approx(objective(name, theirs), rel=1e-8)


def by_pypfopt(name):
    """PyPortfolioOpt's weights, by the same solver at the same tolerance."""
    import pandas as pd
    import pypfopt

    if name.startswith("HRP"):
        found = pypfopt.HRPOpt(pd.DataFrame(RETURNS)).optimize(linkage_method="single")
        return np.array([found[k] for k in range(8)])
    model = frontier(name, bounds=(0.02, 0.4) if "limits" in name else (0, 1))
    if "variance" in name:
        model.min_volatility()
    elif "CVaR" in name:
        model.min_cvar()
    else:
        model.max_sharpe(risk_free_rate=0)
    return model.weights


def frontier(name, *, bounds):
    """PyPortfolioOpt's problem with the limits of the case, not solved yet."""
    import cvxpy as cp
    import pandas as pd
    import pypfopt

    mean, cov = RETURNS.mean(axis=0), covariance(RETURNS)
    if name == "Black-Litterman":
        posterior = pypfopt.BlackLittermanModel(
            cov, pi=cov.mean(axis=1), P=PICKS, Q=MEANS, tau=0.05, omega="default"
        )
        mean, cov = posterior.bl_returns(), posterior.bl_cov()
    how = {"weight_bounds": bounds, "solver": "CLARABEL", "solver_options": TIGHT}
    if "CVaR" in name:
        model = pypfopt.EfficientCVaR(mean, pd.DataFrame(RETURNS), beta=0.95, **how)
    else:
        model = pypfopt.EfficientFrontier(mean, cov, **how)
    if "limits" in name:
        model.add_sector_constraints(dict(enumerate(GROUPS)), LOW, HIGH)
        if "Sharpe" not in name:
            model.add_constraint(lambda w: cp.norm(w - PREVIOUS, 1) <= 2 * TURNOVER)
    return model


def by_riskfolio(name):
    """Riskfolio-Lib's weights; its HRP with Ward linkage and optimal leaves, or as the paper."""
    import pandas as pd
    import riskfolio

    frame = pd.DataFrame(RETURNS)
    if name.startswith("HRP"):
        optimal = name.endswith("optimal")
        found = riskfolio.HCPortfolio(returns=frame).optimization(
            model="HRP",
            codependence="pearson",
            rm="MV",
            leaf_order=optimal,
            linkage="ward" if optimal else "single",
        )
        return found.to_numpy()[:, 0]
    model = riskfolio.Portfolio(returns=frame)
    model.assets_stats(method_mu="hist", method_cov="hist")
    model.solvers, model.sol_params = ["CLARABEL"], {"CLARABEL": TIGHT}
    if name == "risk parity":
        found = model.rp_optimization(model="Classic", rm="MV", rf=0, b=None, hist=True)
    else:
        how = {
            "minimum variance": ("MV", "MinRisk"),
            "maximum Sharpe": ("MV", "Sharpe"),
            "minimum CVaR": ("CVaR", "MinRisk"),
        }
        measure, goal = how[name]
        found = model.optimization(model="Classic", rm=measure, obj=goal, rf=0, hist=True)
    return found.to_numpy()[:, 0]


HRP = ["HRP, dendrogram", "HRP, optimal"]
FREE = ["minimum variance", "maximum Sharpe", "minimum CVaR", "risk parity", *HRP]
PEERS = {
    "pypfopt": (by_pypfopt, [name for name in OURS if name not in ("risk parity", "HRP, optimal")]),
    "riskfolio": (by_riskfolio, FREE),
}


@pytest.mark.parametrize("name", OURS)
def test_weights_stay_what_the_peers_answered(name):
    same(name, OURS[name](), np.array(FROZEN[name]))


@pytest.mark.parametrize(
    ("peer", "name"), [(peer, name) for peer, (_, names) in PEERS.items() for name in names]
)
def test_weights_equal_the_peers(peer, name):
    with warnings.catch_warnings():
        # They warn of what newer numpy and cvxpy deprecate; that is theirs to mend.
        warnings.simplefilter("ignore")
        reason = f"{peer} is a reference of the tests: pip install -r bench/requirements.txt"
        pytest.importorskip(peer, reason=reason)
        theirs = PEERS[peer][0](name)
    same(name, OURS[name](), theirs)
