"""Names, targets, the frontier and shrinkage; what has no answer is refused with a remedy that works."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.covariance import ledoit_wolf

from market.errors import BadParameter, DataNotFit
from market.portfolio.frontier import frontier
from market.portfolio.limits import best_mean
from market.portfolio.optimise import Limits, Views, optimise

NAMES = ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF"]
ALL = ("minimum-variance", "maximum-sharpe", "risk-parity", "hrp", "minimum-cvar")
FREE = Limits(low=-2.0, high=2.0)


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(4)
    common = rng.normal(0.0005, 0.008, (500, 1))
    values = common * np.linspace(0.6, 1.4, 6) + rng.normal(0.0003, 0.01, (500, 6))
    return pd.DataFrame(values, columns=NAMES)


@pytest.mark.parametrize("objective", ALL)
def test_names_of_columns_are_those_of_the_weights(frame, objective):
    weights = optimise(frame, objective)
    assert weights.index.tolist() == NAMES
    assert np.array_equal(weights.to_numpy(), optimise(frame.to_numpy(), objective))


def test_limits_with_names_are_matched_by_name_whatever_their_order(frame):
    plain = [1.0, 0, 0, 0, 0, 0]
    named = pd.Series(plain, index=NAMES)[::-1]
    expected = optimise(frame, "minimum-variance", limits=Limits(previous=plain, turnover=0.2))
    found = optimise(frame, "minimum-variance", limits=Limits(previous=named, turnover=0.2))
    assert found.equals(expected)
    for odd in (named.drop("CCC"), pd.concat([named, pd.Series({"CCC": 0.1})])):
        with pytest.raises(BadParameter, match="previous and returns differ in"):
            optimise(frame, "minimum-variance", limits=Limits(previous=odd, turnover=0.2))
    twice = frame.set_axis(["AAA", *NAMES[:5]], axis=1)
    with pytest.raises(DataNotFit, match="two columns are called 'AAA'"):
        optimise(twice, "hrp")


def test_means_that_are_all_negative_are_no_fault_of_the_limits(frame):
    falling = frame - frame.mean() - 0.001
    with pytest.raises(DataNotFit, match=r"mean return above 0 .*use minimum-variance") as info:
        optimise(falling, "maximum-sharpe")
    assert "widen" not in str(info.value)
    assert optimise(falling, "minimum-variance").sum() == pytest.approx(1.0)
    believed = Views(picks=[[1.0, 0, 0, 0, 0, 0]], means=[-0.05])
    with pytest.raises(DataNotFit, match="mean return above 0"):
        optimise(frame, "maximum-sharpe", views=believed)


@pytest.mark.parametrize("objective", ALL)
def test_a_column_that_stands_still_is_named_and_left_out(frame, objective):
    held = frame.assign(CASH=0.0001)
    with pytest.raises(DataNotFit, match=r"returns of 'CASH' never vary.*: leave it out"):
        optimise(held, objective)
    with pytest.raises(DataNotFit, match="returns of column 6 never vary"):
        optimise(held.to_numpy(), objective)
    assert optimise(held.drop(columns="CASH"), objective).sum() == pytest.approx(1.0)


def test_prices_are_refused_and_their_changes_taken_without_the_first_row(frame):
    prices = 100 * (1 + frame).cumprod()
    with pytest.raises(DataNotFit, match=r"are above 1, as prices are: .*prices\.pct_change\(\)"):
        optimise(prices, "hrp")
    with pytest.raises(DataNotFit, match=r"row 0 misses a return: .*returns\.dropna\(\)"):
        optimise(prices.pct_change(), "hrp")
    found = optimise(prices.pct_change().dropna(), "hrp")
    assert found.to_numpy() == pytest.approx(optimise(frame[1:], "hrp").to_numpy())


def test_no_warning_of_a_library_comes_through(frame):
    """Covariances of few sessions, or of one asset twice, are singular."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for objective in ALL:
            optimise(frame.assign(GGG=frame["AAA"]), objective)
            optimise(frame.iloc[:4], "minimum-variance")


def test_a_target_return_is_reached_at_its_least_variance(frame):
    """Its closed form: two funds span the frontier without limits."""
    mu, cov = frame.mean().to_numpy(), frame.cov().to_numpy()
    found = optimise(frame, "minimum-variance", target_return=0.001, limits=FREE)
    kkt = np.block([[cov, mu[:, None], np.ones((6, 1))], [mu, 0, 0], [np.ones(6), 0, 0]])
    expected = np.linalg.solve(kkt, [0, 0, 0, 0, 0, 0, 0.001, 1.0])[:6]
    assert found.to_numpy() == pytest.approx(expected, abs=1e-5)
    tail = optimise(frame, "minimum-cvar", target_return=0.0009)
    assert tail.to_numpy() @ mu >= 0.0009 - 1e-8


def test_a_target_risk_is_kept_at_its_highest_return(frame):
    mu, cov = frame.mean().to_numpy(), frame.cov().to_numpy()
    found = optimise(frame, "maximum-return", target_risk=0.011).to_numpy()
    assert np.sqrt(found @ cov @ found) == pytest.approx(0.011, abs=1e-7)
    back = optimise(frame, "minimum-variance", target_return=float(found @ mu)).to_numpy()
    assert found == pytest.approx(back, abs=1e-3)


def test_targets_beyond_reach_say_how_far_it_goes(frame):
    highest = frame.mean().max()
    with pytest.raises(DataNotFit, match=f"within the limits is {highest:.6g}: ask for less"):
        optimise(frame, "minimum-variance", target_return=0.09)
    optimise(frame, "minimum-variance", target_return=highest * 0.999)
    least = optimise(frame, "minimum-variance").to_numpy()
    lowest = np.sqrt(least @ frame.cov().to_numpy() @ least)
    with pytest.raises(DataNotFit, match=f"within the limits is {lowest:.6g}: ask for more"):
        optimise(frame, "maximum-return", target_risk=0.001)
    optimise(frame, "maximum-return", target_risk=lowest * 1.001)
    with pytest.raises(DataNotFit, match="no weights keep these limits"):
        optimise(frame, "minimum-variance", target_return=0.0005, limits=Limits(high=0.1))


@pytest.mark.parametrize(
    ("objective", "options", "says"),
    [
        ("hrp", {"target_return": 0.001}, "target_return is of minimum-variance and minimum-cvar"),
        ("maximum-return", {}, "maximum-return and target_risk, .*, go together"),
        ("minimum-variance", {"target_risk": 0.01}, "go together"),
        ("maximum-return", {"target_risk": 0.0}, "target_risk=0.0: expected above 0"),
        ("minimum-cvar", {"covariance": "ledoit-wolf"}, "reads no covariance"),
        ("hrp", {"covariance": "ledoit"}, "covariance='ledoit'.*did you mean 'ledoit-wolf'"),
    ],
)
def test_options_that_do_not_belong_are_refused_by_name(frame, objective, options, says):
    with pytest.raises(BadParameter, match=says):
        optimise(frame, objective, **options)


LIMITS = Limits(low=0.02, high=0.6, previous=[1 / 6] * 6, turnover=0.3)


@pytest.mark.parametrize("limits", [Limits(), LIMITS])
def test_the_frontier_climbs_from_the_least_variance_to_the_highest_mean(frame, limits):
    found = frontier(frame, points=8, limits=limits)
    assert list(found.weights.columns) == NAMES
    assert found.weights.shape == (8, 6)
    least = optimise(frame, "minimum-variance", limits=limits).to_numpy()
    assert found.weights.iloc[0].to_numpy() == pytest.approx(least, abs=1e-4)
    assert (np.diff(found.returns) > 0.0).all()
    assert (np.diff(found.risks) > 0.0).all()
    for row, mean, risk in zip(found.weights.to_numpy(), found.returns, found.risks, strict=True):
        assert row @ frame.mean().to_numpy() == pytest.approx(mean)
        assert np.sqrt(row @ frame.cov().to_numpy() @ row) == pytest.approx(risk)
    assert found.returns[-1] == pytest.approx(best_mean(frame.mean().to_numpy(), limits), abs=1e-8)
    assert (np.diff(found.risks, 2) > -1e-9).all()  # a hyperbola bends one way


def test_a_frontier_needs_points_and_limits_that_can_be_kept(frame):
    with pytest.raises(BadParameter, match="points=1: expected 2 to 1000"):
        frontier(frame, points=1)
    with pytest.raises(DataNotFit, match="no weights keep these limits"):
        frontier(frame, limits=Limits(high=0.1))
    assert frontier(frame.to_numpy(), points=3).weights.shape == (3, 6)


def test_shrinkage_is_ledoit_and_wolfs(frame):
    short = frame.iloc[:20]
    cov, _ = ledoit_wolf(short.to_numpy())
    inverse = np.linalg.solve(cov, np.ones(6))
    found = optimise(short, "minimum-variance", covariance="ledoit-wolf", limits=FREE)
    assert found.to_numpy() == pytest.approx(inverse / inverse.sum(), abs=1e-5)
    for objective in ALL[1:4]:
        shrunk = optimise(short, objective, covariance="ledoit-wolf")
        assert np.abs(shrunk - optimise(short, objective)).max() > 1e-3
