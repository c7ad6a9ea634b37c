"""Every public function about portfolios takes what people have, and what has names keeps them."""

import inspect
from dataclasses import fields, is_dataclass
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from market.errors import BadParameter, DataNotFit
from market.portfolio import attribution, frontier, optimise, returns, risk, stress
from market.portfolio.optimise import Limits, Views

MODULES = (attribution, frontier, optimise, returns, risk, stress)
NAMES = ["AAA", "BBB", "CCC"]
DATES = pd.bdate_range("2021-01-04", periods=60)
_RNG = np.random.default_rng(5)
TABLE = _RNG.normal(0.0005, 0.01, (60, 3)) * [0.7, 1.0, 1.3] + _RNG.normal(0, 0.005, (60, 1))
SHARES = np.array([0.5, 0.3, 0.2])
GIVEN = SimpleNamespace(
    table=TABLE,
    weights=SHARES,
    cov=np.cov(TABLE, rowvar=False),
    series=TABLE @ [0.2, 0.3, 0.5] + 0.001,
    held=np.tile(SHARES, (60, 1)),
    base=np.tile(SHARES[::-1], (60, 1)),
    equity=100.0 * np.cumprod(1.0 + TABLE[:, 0]),
    moved=np.where(np.arange(60) % 20 == 19, 5.0, 0.0),
    picks=np.array([[1.0, -1.0, 0.0], [0.0, 1.0, 0.0]]),
    means=np.array([0.001, 0.0005]),
)
CALLS = {
    "brinson": lambda g: attribution.brinson(g.held, g.base, g.table, g.table),
    "factor_attribution": lambda g: attribution.factor_attribution(
        g.series, g.table, names=None if hasattr(g.table, "columns") else NAMES
    ),
    "frontier": lambda g: frontier.frontier(g.table, points=np.int64(3)),
    "optimise": lambda g: optimise.optimise(
        g.table,
        "maximum-sharpe",
        limits=Limits(high=np.float32(0.75), previous=g.weights, turnover=np.float64(0.4)),
        views=Views(picks=g.picks, means=g.means),
    ),
    "period_returns": lambda g: returns.period_returns(g.equity, g.moved),
    "time_weighted_return": lambda g: returns.time_weighted_return(g.equity, g.moved),
    "money_weighted_return": lambda g: returns.money_weighted_return(
        DATES, g.moved, final_equity=np.float64(17.0)
    ),
    "concentration": lambda g: risk.concentration(g.weights),
    "covariance": lambda g: risk.covariance(g.table),
    "volatility": lambda g: risk.volatility(g.weights, g.cov),
    "risk_contributions": lambda g: risk.risk_contributions(g.weights, g.cov),
    "equal_risk_weights": lambda g: risk.equal_risk_weights(g.cov),
    "portfolio_returns": lambda g: risk.portfolio_returns(g.weights, g.table),
    "value_at_risk": lambda g: risk.value_at_risk(g.weights, g.table),
    "expected_shortfall": lambda g: risk.expected_shortfall(g.weights, g.table),
    "betas": lambda g: risk.betas(g.table, g.series),
    "drawdown_breach": lambda g: stress.drawdown_breach(g.equity, limit=np.float64(0.02)),
}
ELSEWHERE = {
    "stress": "test_a_scenario_may_be_told_by_pandas",
    "check": "a part of optimise",
    "whole": "a part of optimise",
}
every = pytest.mark.parametrize("name", CALLS)


def public():
    """Functions that a module of these defines and does not hide."""
    return {
        name
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }


def test_no_public_function_is_left_out():
    assert public() == {*CALLS, *ELSEWHERE}


def rows_of(key, value):
    if key == "picks":
        return ["first", "second"]
    return NAMES if value.shape[0] == 3 else DATES


def labelled(key, value):
    """By name: dates or names as rows, names as columns; means belong to the picks' rows."""
    if key == "means":
        return pd.Series(value, ["first", "second"])
    rows = rows_of(key, value)
    return pd.Series(value, rows) if value.ndim == 1 else pd.DataFrame(value, rows, NAMES)


def turned(key, value):
    """Columns the other way round, and weights too; dates stay where order has a meaning."""
    named = labelled(key, value)
    if key in {"weights", "cov", "means"}:
        named = named[::-1]
    if key in {"base", "picks", "cov"}:
        named = named[NAMES[::-1]]
    return named.iloc[::-1] if key in {"base", "series", "moved"} else named


def made(make):
    return SimpleNamespace(**{key: make(key, value) for key, value in vars(GIVEN).items()})


KINDS = {
    "lists": lambda _, x: x.tolist(),
    "tuples": lambda _, x: tuple(map(tuple, x)) if x.ndim == 2 else tuple(x),
    "objects": lambda _, x: x.astype(object),
    "pandas without names": lambda _, x: pd.Series(x) if x.ndim == 1 else pd.DataFrame(x),
}


def parts(found):
    """A result as plain arrays, whatever holds it."""
    if is_dataclass(found):
        return [np.asarray(getattr(found, field.name)) for field in fields(found)]
    return [np.asarray(found)]


def same(found, expected):
    for one, other in zip(parts(found), parts(expected), strict=True):
        if one.dtype.kind == "f":
            np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)


@every
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_same_of_every_kind(name, kind):
    same(CALLS[name](made(KINDS[kind])), CALLS[name](GIVEN))


@every
def test_what_has_names_goes_by_them_and_comes_out_with_them(name):
    plain = CALLS[name](GIVEN)
    by_name, other_order = CALLS[name](made(labelled)), CALLS[name](made(turned))
    same(by_name, plain)
    for part, other, bare in zip(*map(contents, (by_name, other_order, plain)), strict=True):
        if not isinstance(bare, np.ndarray) or name == "frontier":
            same(other, part)
            continue
        assert list(part.index) in (NAMES, list(DATES), list(DATES[1:]))
        assert sorted(other.index) == sorted(part.index)
        same(other.reindex_like(part), part)


def contents(found):
    if is_dataclass(found):
        return [getattr(found, field.name) for field in fields(found)]
    return [found]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda w, c, t: risk.volatility(w, c), "weights and covariance differ in CCC, DDD"),
        (lambda w, c, t: risk.portfolio_returns(w, t), "weights and returns differ in CCC, DDD"),
        (
            lambda w, c, t: optimise.optimise(t, "hrp", limits=Limits(low=0.1 * w)),
            "low and returns differ in CCC, DDD",
        ),
    ],
)
def test_other_names_are_refused_by_name(call, says):
    other = pd.Series(SHARES, ["AAA", "BBB", "DDD"])
    with pytest.raises(BadParameter, match=says):
        call(other, labelled("cov", GIVEN.cov), labelled("table", TABLE))


def test_rows_of_a_covariance_are_those_of_its_columns_or_none_at_all():
    cov = labelled("cov", GIVEN.cov)
    bare = cov.reset_index(drop=True)
    assert risk.equal_risk_weights(bare).equals(risk.equal_risk_weights(cov))
    for rows in (["AAA", "BBB", "DDD"], ["AAA", "AAA", "BBB"]):
        with pytest.raises(DataNotFit, match="rows and columns of the covariance differ in"):
            risk.equal_risk_weights(cov.set_axis(rows))


def test_limits_may_be_dicts_and_need_names_to_meet():
    limits = Limits(high={"CCC": 0.2, "AAA": 0.9, "BBB": 0.9})
    found = optimise.optimise(labelled("table", TABLE), "minimum-variance", limits=limits)
    expected = optimise.optimise(TABLE, "minimum-variance", limits=Limits(high=[0.9, 0.9, 0.2]))
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(BadParameter, match="give returns as a DataFrame"):
        optimise.optimise(TABLE, "minimum-variance", limits=limits)


def test_transfers_are_those_of_their_dates_and_nothing_on_others():
    equity, moved = labelled("equity", GIVEN.equity), labelled("moved", GIVEN.moved)
    found = returns.period_returns(equity, moved[moved > 0.0])
    assert found.equals(returns.period_returns(equity, moved))
    later = pd.Series({pd.Timestamp("2031-01-06"): 5.0})
    with pytest.raises(DataNotFit, match="a transfer on 2031-01-06 00:00:00, which has no equity"):
        returns.period_returns(equity, later)
    with pytest.raises(DataNotFit, match="dates of the transfers are not the days"):
        returns.money_weighted_return(DATES[1:], moved[:-1], final_equity=1.0)


@pytest.mark.parametrize(
    "days",
    [
        [date(2021, 1, 4), date(2022, 1, 4)],
        np.array(["2021-01-04", "2022-01-04"], "datetime64[D]"),
        pd.DatetimeIndex(["2021-01-04", "2022-01-04"]),
        pd.Series(pd.DatetimeIndex(["2021-01-04", "2022-01-04"])),
        ["2021-01-04", "2022-01-04"],
    ],
)
def test_money_is_weighted_over_dates_of_any_kind(days):
    flows = pd.Series([100.0, 0.0], index=pd.DatetimeIndex(["2021-01-04", "2022-01-04"]))
    assert returns.money_weighted_return(days, flows, final_equity=110) == pytest.approx(0.1)


def test_a_scenario_may_be_told_by_pandas():
    plain = stress.stress(
        {"AAA": 0.5, "BBB": 0.5}, {"market": -0.2}, exposures={"AAA": {"market": 1.5}}
    )
    found = stress.stress(
        pd.Series({"AAA": 0.5, "BBB": 0.5}),
        pd.Series({"market": -0.2}),
        exposures=pd.DataFrame({"market": [1.5, 0.0]}, index=["AAA", "BBB"]),
    )
    assert found == plain == pytest.approx({"AAA": -0.15, "BBB": 0.0})


def test_factors_without_names_are_asked_for_them():
    with pytest.raises(DataNotFit, match="give names=, or factors as a DataFrame"):
        attribution.factor_attribution(GIVEN.series, TABLE)
