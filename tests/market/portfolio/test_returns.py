"""Returns of a portfolio that money comes to and goes from."""

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import DataNotFit
from market.portfolio import money_weighted_return, period_returns, time_weighted_return


def test_money_that_comes_is_no_return():
    assert time_weighted_return([100, 210, 231], [0, 100, 0]) == pytest.approx(1.1 * 1.1 - 1)


@given(st.lists(st.tuples(st.floats(-0.3, 0.4), st.floats(-50, 500)), min_size=1, max_size=30))
def test_transfers_never_change_the_time_weighted_return(drawn):
    equity, transfers = [1000.0], [0.0]
    for move, moved in drawn:
        grown = equity[-1] * (1 + move)
        transfers.append(max(moved, -0.5 * grown))
        equity.append(grown + transfers[-1])
    expected = math.prod(1 + move for move, _ in drawn) - 1
    assert time_weighted_return(equity, transfers) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_the_internal_rate_discounts_every_flow_to_nothing():
    days = [date(2023, 1, 1), date(2023, 7, 1), date(2024, 1, 1), date(2024, 12, 31)]
    flows = [1000.0, 500.0, -200.0, 0.0]
    rate = money_weighted_return(days, flows, final_equity=1600.0)
    outs = [-one for one in flows]
    outs[-1] += 1600.0
    worth = sum(
        f / (1 + rate) ** ((d - days[0]).days / 365) for d, f in zip(days, outs, strict=True)
    )
    assert worth == pytest.approx(0.0, abs=1e-6)
    assert money_weighted_return(days[::2], [100.0, 0.0], final_equity=110.0) == pytest.approx(0.10)


def test_a_great_loss_of_late_money_has_its_rate():
    days = [date(2022, 1, 1), date(2022, 10, 8), date(2022, 10, 10)]
    rate = money_weighted_return(days, [19.0, 793.0, 0.0], final_equity=715.0)
    grown = [(1 + rate) ** ((days[-1] - day).days / 365) for day in days]
    assert 19.0 * grown[0] + 793.0 * grown[1] == pytest.approx(715.0, rel=1e-9)


@given(st.floats(-0.9, 3.0), st.sampled_from([1e-12, 1e-6, 1.0, 1e15]), st.integers(0, 40))
def test_neither_the_unit_of_money_nor_an_empty_start_moves_the_rate(rate, unit, years):
    days = [date(1980, 1, 1), date(1981 + years, 3, 1), date(1982 + years, 3, 1)]
    span = (days[2] - days[1]).days / 365
    flows, final = [0.0, 100.0 * unit, 0.0], 100.0 * unit * (1 + rate) ** span
    found = money_weighted_return(days, flows, final_equity=final)
    assert found == pytest.approx(rate, rel=1e-9, abs=1e-9)


def test_late_money_weighs_less_than_the_clock():
    """A fund that doubles, then halves, after most of the money came: the investor lost."""
    equity, flows = [100.0, 1200.0, 600.0], [100.0, 1000.0, 0.0]
    days = [date(2022, 1, 1), date(2023, 1, 1), date(2024, 1, 1)]
    assert time_weighted_return(equity, flows) == pytest.approx(0.0)
    assert money_weighted_return(days, flows, final_equity=600.0) < -0.3


def test_no_rate_is_no_number():
    days = [date(2022, 1, 1), date(2023, 1, 1)]
    assert math.isnan(money_weighted_return(days, [100.0, 50.0], final_equity=0.0))
    assert math.isnan(money_weighted_return([], [], final_equity=1.0))


@pytest.mark.parametrize(
    ("equity", "transfers"),
    [([1, 2], [0]), ([0, 2], [0, 0]), ([1, np.nan], [0, 0]), ([-1, 1], [0, 0])],
)
def test_values_without_a_return_are_refused(equity, transfers):
    with pytest.raises(DataNotFit):
        period_returns(equity, transfers)


def test_days_out_of_order_are_refused():
    with pytest.raises(DataNotFit, match="rising order"):
        money_weighted_return([date(2023, 1, 1)] * 2, [1.0, 0.0], final_equity=1.0)


@pytest.mark.parametrize(("transfer", "final"), [(math.nan, 1.0), (math.inf, 1.0), (0.0, math.nan)])
def test_money_without_an_amount_is_refused(transfer, final):
    days = [date(2022, 1, 1), date(2023, 1, 1)]
    with pytest.raises(DataNotFit, match="must be finite"):
        money_weighted_return(days, [1.0, transfer], final_equity=final)


@given(st.lists(st.integers(100, 10_000), min_size=2, max_size=8), st.floats(0.5, 2.0))
def test_it_equals_pyxirr_where_money_goes_one_way_in_usual_amounts(flows, growth):
    reason = "pyxirr is a reference of the tests: pip install -r bench/requirements.txt"
    pyxirr = pytest.importorskip("pyxirr", reason=reason)
    days = [date(2020, 1, 1) + timedelta(days=97 * n) for n in range(len(flows))]
    flows[-1] = 0
    final = growth * sum(flows)
    theirs = pyxirr.xirr(days, [-float(one) for one in flows[:-1]] + [final])
    found = money_weighted_return(days, flows, final_equity=final)
    assert found == pytest.approx(theirs, rel=1e-6, abs=1e-6)
