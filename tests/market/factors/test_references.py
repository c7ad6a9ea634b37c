"""Factor research agrees with alphalens-reloaded; what it gave is frozen here too.

The frozen values are what alphalens 0.5.1 answered for the data of ``series.py``, so the claim holds
where it is not installed. Where it means something else, ``docs/statistics.md`` says what.
"""

import contextlib
import io
import warnings
from functools import cache

import numpy as np
import pytest

from market import factors
from tests.market.factors.series import CLOSE, COUNT, FACTOR, GAPPED, GROUPS, SESSIONS

HORIZONS = (1, 5, 10)
DATA = {"whole": FACTOR, "gapped": GAPPED}
# Means over dates of each figure, by factor and horizon.
FROZEN = {
    ("whole", 1): {
        "ic": 0.16002229654403566,
        "ic group": 0.23282051282051278,
        "spread": 0.004172273399892781,
        "autocorrelation": 0.1831807780320366,
        "quantiles date": [
            -0.0018646385825163896,
            -0.0005599879609553001,
            -0.0009339868648788782,
            0.0008641812179984023,
            0.0023076348173763908,
        ],
        "quantiles group": [
            -0.0018958517956775996,
            -0.0006071821141894345,
            -0.0007676846183385252,
            0.0009297540196386142,
            0.002187427584899241,
        ],
        "quantiles within": [
            -0.0018475009189577584,
            0.00069731483034468,
            0.00045061715179616976,
            -0.00039982043526280654,
            0.0029468902910374717,
        ],
        "turnover 1": 0.7684210526315789,
        "turnover 5": 0.7631578947368421,
    },
    ("whole", 10): {
        "ic": 0.03440579710144928,
        "ic group": 0.05023188405797101,
        "spread": 0.00614632490106995,
        "autocorrelation": 0.6597391304347825,
        "quantiles date": [
            -0.0020147826239123585,
            0.0008158740196679335,
            0.000785502658926453,
            -0.003561035800054328,
            0.004131542277157591,
        ],
        "quantiles group": [
            -0.0017326863411896594,
            0.0013474125448286378,
            -0.0015242444423259594,
            -0.002227428249188446,
            0.003832097599410235,
        ],
        "quantiles within": [
            -0.001901755689762919,
            0.002851486084361641,
            -0.0003035591564099979,
            -0.0012665409863784386,
            0.002522125437952632,
        ],
        "turnover 1": 0.5199999999999999,
        "turnover 5": 0.52,
    },
    ("gapped", 5): {
        "ic": 0.022902315076228114,
        "ic group": 0.01943986448334275,
        "spread": 0.0015375995442860157,
        "quantiles date": [
            0.00034327802845968765,
            3.7033798761627034e-05,
            -0.002308680856447358,
            -0.00022674988669501978,
            0.001880877572745704,
        ],
        "quantiles group": [
            0.00023656893626033116,
            0.00035625101552435147,
            -0.002246223642040943,
            -0.00033722890793432805,
            0.001623060951683882,
        ],
        "quantiles within": [
            -0.0004860918419734467,
            -0.0004988572931411228,
            0.0025205890911961792,
            -0.002673482254021649,
            0.001638548614825903,
        ],
        "turnover 1": 0.5,
        "turnover 5": 0.5266666666666666,
    },
}
SPLIT = {
    "date": {},
    "group": {"groups": GROUPS},
    "within": {"groups": GROUPS, "within_groups": True},
}


def figures(data, horizon):
    """Every figure of ours for one factor and one horizon, by name, each (t,) or (t, 5)."""
    factor, forward = DATA[data], factors.forward_returns(CLOSE, horizon=horizon)
    known = np.where(np.isnan(forward), np.nan, factor)
    found = {
        "ic": factors.information_coefficient(factor, forward),
        "ic group": factors.information_coefficient(factor, forward, groups=GROUPS),
        "spread": factors.spread(factor, forward),
        "autocorrelation": factors.rank_autocorrelation(known, lag=horizon),
    }
    for name, how in SPLIT.items():
        found[f"quantiles {name}"] = factors.quantile_returns(factor, forward, **how)
    for k in (1, 5):
        found[f"turnover {k}"] = factors.quantile_turnover(known, quantile=k, lag=horizon)
    return found


@pytest.fixture
def alphalens():
    reason = "alphalens is a reference of the tests: pip install -r bench/requirements.txt"
    with warnings.catch_warnings():
        # It warns of what newer pandas deprecates; that is its to mend.
        warnings.simplefilter("ignore")
        pytest.importorskip("alphalens", reason=reason)
        yield


@cache
def _clean(data, horizons, *, within=False):
    """Its table of factor, forward returns, group and quantile by date and instrument."""
    import pandas as pd
    from alphalens.utils import get_clean_factor_and_forward_returns

    names = [f"a{k:02d}" for k in range(COUNT)]
    days = pd.DatetimeIndex(SESSIONS, freq="B")
    index = pd.MultiIndex.from_product([days, names], names=["date", "asset"])
    factor = pd.Series(DATA[data].ravel(), index)
    with contextlib.redirect_stdout(io.StringIO()):
        return get_clean_factor_and_forward_returns(
            factor,
            pd.DataFrame(CLOSE, days, names),
            periods=horizons,
            groupby=dict(zip(names, GROUPS, strict=True)),
            binning_by_group=within,
            max_loss=0.5,
        )


def theirs(data, horizon):
    """The same figures of alphalens, on the same dates."""
    from alphalens import performance

    table = _clean(data, (horizon,))
    column = f"{horizon}D"

    def returns(table, **how):
        found, _ = performance.mean_return_by_quantile(table, by_date=True, **how)
        return found

    def wide(found):
        return found[column].reset_index().pivot_table(column, "date", "factor_quantile")

    halved, _ = performance.compute_mean_returns_spread(returns(table), 5, 1)
    found = {
        "ic": performance.factor_information_coefficient(table)[column],
        "ic group": performance.factor_information_coefficient(table, group_adjust=True)[column],
        "spread": 2 * halved[column],
        "autocorrelation": performance.factor_rank_autocorrelation(table, horizon),
        "quantiles date": wide(returns(table)),
        "quantiles group": wide(returns(table, group_adjust=True)),
        "quantiles within": wide(returns(_clean(data, (horizon,), within=True), group_adjust=True)),
    }
    for k in (1, 5):
        turnover = performance.quantile_turnover(table["factor_quantile"], k, horizon)
        found[f"turnover {k}"] = turnover
    return {name: one.reindex(SESSIONS).to_numpy() for name, one in found.items()}


@pytest.mark.parametrize("key", FROZEN)
def test_means_stay_what_alphalens_answered(key):
    found = figures(*key)
    for name, expected in FROZEN[key].items():
        mean = np.nanmean(found[name], axis=0)
        assert mean == pytest.approx(expected, rel=1e-12, abs=1e-14), name


@pytest.mark.parametrize(("data", "horizon"), FROZEN)
def test_every_session_equals_alphalens(alphalens, data, horizon):
    ours = figures(data, horizon)
    for name, expected in theirs(data, horizon).items():
        if (name, data) != ("autocorrelation", "gapped"):
            np.testing.assert_allclose(ours[name], expected, rtol=1e-12, atol=1e-15, err_msg=name)


def test_quantiles_equal_alphalens(alphalens):
    place = factors.quantiles(np.where(np.isnan(_forward(1)), np.nan, GAPPED))
    table = _clean("gapped", (1,)).reset_index()
    expected = table.pivot_table("factor_quantile", "date", "asset").reindex(SESSIONS)
    assert np.array_equal(place, expected.fillna(0).to_numpy())


def test_decay_equals_alphalens_on_the_dates_that_all_horizons_have(alphalens):
    """It drops a date that one horizon lacks from all; ours takes all that each horizon has."""
    from alphalens.performance import mean_information_coefficient

    expected = mean_information_coefficient(_clean("gapped", HORIZONS)).to_list()
    common = np.where(np.isnan(_forward(10)), np.nan, GAPPED)
    found = factors.decay(common, CLOSE, horizons=HORIZONS)
    assert list(found.values()) == pytest.approx(expected, rel=1e-12)
    assert factors.decay(GAPPED, CLOSE, horizons=HORIZONS)[1] != pytest.approx(
        expected[0], rel=0.01
    )


def test_one_group_alone_equals_alphalens(alphalens):
    from alphalens.performance import factor_information_coefficient

    expected = factor_information_coefficient(_clean("gapped", (1,)), by_group=True)["1D"]
    for group in sorted(set(GROUPS)):
        own = np.array(GROUPS) == group
        found = factors.information_coefficient(GAPPED[:, own], _forward(1)[:, own])
        one = expected.xs(group, level="group").reindex(SESSIONS)
        np.testing.assert_allclose(found, one.to_numpy(), rtol=1e-12, atol=1e-15)


def test_ranks_of_a_changing_universe_differ_from_alphalens_as_the_docs_say(alphalens):
    """It correlates the ranks that each date gave; ours ranks those again that both dates have."""
    own = figures("gapped", 1)["autocorrelation"]
    other = theirs("gapped", 1)["autocorrelation"]
    assert 0.001 < np.nanmax(np.abs(own - other)) < 0.05


def test_a_price_that_is_missing_gives_no_return_here_and_a_stale_one_in_alphalens(alphalens):
    import pandas as pd
    from alphalens.utils import compute_forward_returns

    close = CLOSE[:10, :3].copy()
    close[4, 1] = np.nan
    days = pd.DatetimeIndex(SESSIONS[:10], freq="B")
    frame = pd.DataFrame(close, days, ["x", "y", "z"])
    index = pd.MultiIndex.from_product([days, frame.columns])
    factor = pd.Series(1.0, index)
    stale = compute_forward_returns(factor, frame, periods=(1,)).to_numpy().reshape(10, 3)
    ours = factors.forward_returns(close, horizon=1)
    assert stale[3, 1] == 0.0
    assert np.isnan(ours[3:5, 1]).all()
    known = ~np.isnan(ours)
    np.testing.assert_allclose(stale[known], ours[known], rtol=1e-12)


def _forward(horizon):
    return factors.forward_returns(CLOSE, horizon=horizon)
