"""The accounting: by hand, against a slow engine, and by what must hold for any prices."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.backtest.kernel import TRADE, simulate
from tests.examples import examples
from tests.market.backtest.reference import backtest


@st.composite
def markets(draw, shares=(0.0, 1.0)):
    """Fill prices, closes and targets (m, n), with bars missing here and there."""
    seed = draw(st.integers(0, 2**32 - 1))
    m, n = draw(st.integers(1, 4)), draw(st.integers(1, 60))
    rng = np.random.default_rng(seed)
    close = 50 * np.exp(np.cumsum(rng.normal(0, 0.03, (m, n)), axis=1))
    fill = close * np.exp(rng.normal(0, 0.01, (m, n)))
    target = rng.choice(shares, (m, n))
    gaps = rng.random((m, n)) < draw(st.sampled_from([0.0, 0.2]))
    return tuple(
        np.where(gaps, hole, a) for a, hole in ((fill, np.nan), (close, np.nan), (target, 0.0))
    )


def test_a_trade_by_hand():
    # Decided at bar 1, bought at bar 2's open 12; left at bar 3, sold at bar 4's open 14.
    fill = np.array([[10.0, 11.0, 12.0, 13.0, 14.0, 15.0]])
    close = fill + 0.5
    target = np.array([[0.0, 1.0, 1.0, 0.0, 0.0, 0.0]])
    equity, trades = simulate(fill, close, target, cash=1_010.0, rate=0.01)
    units = 1_010.0 / (12.0 * 1.01)  # all cash, the fee included
    end = units * 14.0 * 0.99
    assert equity[0] == pytest.approx([1_010, 1_010, units * 12.5, units * 13.5, end, end])
    (trade,) = trades
    assert (trade["entry"], trade["exit"], trade["entry_price"], trade["exit_price"]) == (
        2,
        4,
        12.0,
        14.0,
    )
    assert trade["units"] == pytest.approx(units)
    assert trade["cost"] == pytest.approx(units * 12 * 0.01 + units * 14 * 0.01)
    assert trade["pnl"] == pytest.approx(end - 1_010.0)


def test_a_share_too_small_for_a_unit_is_none():
    price, tiny = np.full((1, 4_000), 1e5), [5e-324, 1e-323]
    equity, trades = simulate(price, price, np.array([tiny * 2_000]), cash=1.0, rate=0.001)
    assert (len(trades), equity[0, -1]) == (0, 1.0)


def test_what_is_decided_at_the_last_bar_is_never_filled():
    price = np.array([[10.0, 10.0, 10.0]])
    _, trades = simulate(price, price, np.array([[0.0, 0.0, 1.0]]), cash=100.0, rate=0.0)
    assert len(trades) == 0


def test_an_open_position_is_marked_at_the_last_close_and_pays_no_exit():
    price = np.array([[10.0, 10.0, 20.0]])
    equity, trades = simulate(price, price, np.ones((1, 3)), cash=100.0, rate=0.0)
    assert equity[0, -1] == 200.0
    assert (trades[0]["exit"], trades[0]["pnl"]) == (-1, 100.0)
    assert np.isnan(trades[0]["exit_price"])


def test_an_order_waits_for_the_next_bar_where_one_is_missing():
    close = np.array([[10.0, np.nan, 20.0, 40.0]])
    equity, trades = simulate(close, close, np.ones((1, 4)), cash=100.0, rate=0.0)
    assert trades[0]["entry"] == 2
    assert equity.tolist() == [[100.0, 100.0, 100.0, 200.0]]


def test_an_unchanged_share_is_not_traded_again_though_it_drifts():
    price = np.array([[10.0, 10.0, 20.0, 40.0]])
    equity, trades = simulate(price, price, np.full((1, 4), 0.5), cash=100.0, rate=0.0)
    assert equity.tolist() == [[100.0, 100.0, 150.0, 250.0]]
    assert trades[0]["units"] == 5.0


@given(markets(shares=(0.0, 0.3, 0.7, 1.0)), st.sampled_from([0.0, 0.0005, 0.02]))
@examples(150)
def test_a_slow_engine_written_apart_gives_the_same(market, rate):
    fill, close, target = market
    equity, trades = simulate(fill, close, target, cash=1_000.0, rate=rate)
    for row in range(len(close)):
        expected, account = backtest(fill[row], close[row], target[row], cash=1_000.0, rate=rate)
        assert equity[row] == pytest.approx(expected, rel=1e-10)
        mine = trades[trades["row"] == row]
        assert mine["cost"].sum() == pytest.approx(account.paid, rel=1e-9, abs=1e-9)
        bought = sum(units for _, units, _, _ in account.fills if units > 0)
        assert mine["units"].sum() == pytest.approx(bought, rel=1e-9, abs=1e-12)


@given(markets(shares=(0.0, 0.4, 1.0)), st.sampled_from([0.0, 0.001]))
@examples(100)
def test_the_trades_explain_every_cent_of_the_equity(market, rate):
    equity, trades = simulate(*market, cash=1_000.0, rate=rate)
    for row in range(len(equity)):
        gained = trades["pnl"][trades["row"] == row].sum()
        assert equity[row, -1] - 1_000.0 == pytest.approx(gained, abs=1e-8)


@given(markets(), st.floats(0, 0.02), st.floats(0, 0.02))
@examples(100)
def test_higher_costs_never_leave_more(market, one, other):
    low, high = sorted((one, other))
    cheap, _ = simulate(*market, cash=1_000.0, rate=low)
    dear, _ = simulate(*market, cash=1_000.0, rate=high)
    assert (dear <= cheap * (1 + 1e-12)).all()


@given(markets())
@examples(100)
def test_equity_is_never_negative_and_nothing_is_borrowed(market):
    equity, trades = simulate(*market, cash=1_000.0, rate=0.01)
    assert (equity > 0).all()
    assert (trades["sold"] <= trades["units"]).all()


@given(markets(shares=(0.0, 0.5, 1.0)))
@examples(50)
def test_cutting_the_future_off_changes_no_bit_of_the_past(market):
    whole, _ = simulate(*market, cash=1_000.0, rate=0.001)
    for cut in range(1, whole.shape[1]):
        part = [np.ascontiguousarray(a[:, :cut]) for a in market]
        assert np.array_equal(simulate(*part, cash=1_000.0, rate=0.001)[0], whole[:, :cut])


def big_market():
    rng = np.random.Generator(np.random.Philox(key=11))
    # Exact arithmetic only: the golden bits must not depend on anybody's exp or log.
    steps = 1.0 + (rng.integers(-200, 203, (50, 1_000)) / 10_000.0)
    close = 100.0 * np.cumprod(steps, axis=1)
    fill = close * (1.0 + rng.integers(-50, 51, close.shape) / 10_000.0)
    target = np.repeat(rng.integers(0, 3, (50, 100)) / 2.0, 10, axis=1)
    return fill, close, target


GOLDEN = "4c2b43d3158209ebd83e72dccd695bde399cc78459f69136330017d5b083a36f"


def test_the_bits_of_the_equity_matrix_are_those_on_record():
    equity, _ = simulate(*big_market(), cash=10_000.0, rate=0.0005)
    assert hashlib.sha256(equity.tobytes()).hexdigest() == GOLDEN


@pytest.mark.parametrize("size", [1, 7, 50])
def test_a_row_has_the_same_bits_in_any_batch(size):
    market = big_market()
    whole, trades = simulate(*market, cash=10_000.0, rate=0.0005)
    parts = [
        simulate(*(a[first : first + size] for a in market), cash=10_000.0, rate=0.0005)
        for first in range(0, 50, size)
    ]
    assert np.concatenate([part[0] for part in parts]).tobytes() == whole.tobytes()
    together = np.concatenate([part[1] for part in parts])
    kept = [name for name in TRADE.names if name != "row"]
    assert all(together[name].tobytes() == trades[name].tobytes() for name in kept)
