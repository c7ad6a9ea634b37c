"""Whole backtests: no look-ahead, honest modes, and data that can't carry what is asked."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from market.backtest import Costs, Panel, choose_mode, require_mode, run
from market.backtest.signals import targets
from market.bars import Bars
from market.errors import BadParameter, DataNotFit
from market.strategies import Strategy, make_strategy, strategy_names

COSTS = Costs(commission_bps=2, slippage_bps=3)


def bars(name, n=160, *, seed=0, first="2020-01-01"):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, n)))
    opened = close * np.exp(rng.normal(0, 0.01, n))
    session = np.datetime64(first, "D") + np.arange(n)
    return Bars(
        instrument_id=name,
        timestamp=session.astype("datetime64[us]"),
        session=session,
        open=opened,
        high=np.maximum(opened, close) * 1.01,
        low=np.minimum(opened, close) * 0.99,
        close=close,
        volume=np.full(n, 1_000.0),
        available_at=(session + 1).astype("datetime64[us]"),
    )


def close_only(one):
    nothing = np.full(len(one), np.nan)
    return replace(one, open=nothing, high=nothing, low=nothing, volume=nothing)


@pytest.fixture
def panel():
    return Panel.from_bars([bars("a"), bars("b", 120, seed=1, first="2020-02-01")])


def go(panel, strategy="sma-cross", mode="next-open", **options):
    if isinstance(strategy, str):
        strategy = make_strategy(strategy, {})
    return run(panel, strategy, mode=mode, costs=COSTS, sleeve_cash=1_000.0, **options)


@pytest.mark.parametrize("mode", ["next-open", "total-return"])
@pytest.mark.parametrize("name", strategy_names(scope="symbol"))
def test_no_strategy_sees_the_future_at_any_bar(panel, name, mode):
    whole = go(panel, name, mode).equity
    for cut in range(1, len(panel.session)):
        assert np.array_equal(go(panel.columns(np.s_[:cut]), name, mode).equity, whole[:, :cut])


def test_other_prices_tomorrow_leave_every_bit_of_the_past(panel):
    future = panel.session > np.datetime64("2020-04-01")
    prices = {name: getattr(panel, name).copy() for name in ("open", "high", "low", "close")}
    for values in prices.values():
        values[:, future] *= 3.0
    assert np.array_equal(
        go(replace(panel, **prices)).equity[:, ~future], go(panel).equity[:, ~future]
    )


class Tomorrow(Strategy):
    name = "tomorrow"
    inputs = ("sma:2", "sma:3")

    def target(self, x):
        return np.where(np.roll(x[0], -1, axis=-1) > x[0], 1.0, 0.0)


class WholeSpan(Strategy):
    name = "whole-span"
    inputs = ("sma:2",)

    def target(self, x):
        return np.where(x[0] > np.nanmean(x[0]), 1.0, 0.0)


class BestOfAll(Strategy):
    name = "best-of-all"
    inputs = ("sma:2",)

    def target(self, x):
        return np.where(x[0] == np.nanmax(x[0], axis=0, initial=0.0), 1.0, 0.0)


class Leverage(Strategy):
    name = "leverage"

    def target(self, x):
        return np.full(x.shape[1:], 2.0)


class OneNumber(Strategy):
    name = "one-number"

    def target(self, x):
        return np.array(1.0)


@pytest.mark.parametrize("leak", [Tomorrow, WholeSpan, BestOfAll])
def test_a_rule_that_reads_other_bars_or_instruments_is_refused(panel, leak):
    with pytest.raises(DataNotFit, match="not elementwise"):
        go(panel, leak())


@pytest.mark.parametrize(("bad", "says"), [(Leverage, "outside 0 to 1"), (OneNumber, "shape")])
def test_a_rule_that_gives_no_share_is_refused(panel, bad, says):
    with pytest.raises(DataNotFit, match=says):
        go(panel, bad())


def test_there_is_no_position_before_the_inputs_are_warm(panel):
    strategy = make_strategy("sma-cross", {"fast": 5, "slow": 20})
    wanted = targets(strategy, close=panel.close)
    assert not wanted[:, :19].any()
    assert wanted.any()


def test_the_first_fill_is_the_open_after_the_decision(panel):
    trade = go(panel, "buy-and-hold").trades[0]
    assert (trade["entry"], trade["entry_price"]) == (1, panel.open[0, 1])


def test_total_return_fills_at_the_next_close():
    panel = Panel.from_bars([close_only(bars("a"))])
    trade = go(panel, "buy-and-hold", "total-return").trades[0]
    assert (trade["entry"], trade["entry_price"]) == (1, panel.close[0, 1])


def test_next_open_on_closes_is_refused_with_the_remedy():
    panel = Panel.from_bars([bars("a"), close_only(bars("b"))])
    with pytest.raises(DataNotFit, match=r"160 bars lack them.*b on 2020-01-01.*mode total-return"):
        go(panel)


def test_data_choose_the_mode_that_they_can_carry():
    assert choose_mode("ohlcv", adjusted=False) == "next-open"
    assert choose_mode("close", adjusted=True) == "total-return"
    with pytest.raises(DataNotFit):
        choose_mode("close", adjusted=False)
    with pytest.raises(DataNotFit, match="remedy: mode total-return"):
        require_mode("next-open", fields="close", adjusted=True)
    with pytest.raises(DataNotFit, match="remedy: mode next-open"):
        require_mode("total-return", fields="ohlcv", adjusted=False)


def test_a_start_moves_the_money_and_keeps_the_warm_up(panel):
    late = go(panel, start=date(2020, 4, 1))
    assert late.session[0] == np.datetime64("2020-04-01")
    assert (late.equity[:, 0] == 1_000.0).all()
    strategy = make_strategy("sma-cross", {})
    wanted = targets(strategy, close=panel.close)[:, panel.session >= np.datetime64("2020-04-01")]
    first = int(np.argmax(wanted[0] > 0))
    assert late.trades[0]["entry"] == first + 1


def test_a_sleeve_is_cash_before_its_first_bar_and_constant_after_its_last(panel):
    equity = go(panel, "buy-and-hold").equity[1]
    missing = np.isnan(panel.close[1])
    first, last = np.flatnonzero(~missing)[[0, -1]]
    assert (equity[:first] == 1_000.0).all()
    assert (equity[last:] == equity[last]).all()


def test_an_instrument_has_the_same_bits_alone_and_in_company(panel):
    alone = go(Panel.from_bars([bars("a")])).equity[0]
    assert np.array_equal(go(panel).equity[0], alone)


@pytest.mark.parametrize("field", ["commission_bps", "slippage_bps"])
@pytest.mark.parametrize("value", [-1.0, float("nan"), 1_001.0])
def test_costs_out_of_range_are_refused_by_name(field, value):
    with pytest.raises(BadParameter, match=f"{field}=.*expected a number from 0 to 1000"):
        Costs(**{field: value})


def test_what_are_no_bars_is_refused_and_one_instrument_alone_is_taken():
    frame = pd.DataFrame({"close": [1.0, 2.0]})
    for given, kind in (([frame], "DataFrame"), (frame, "str"), ([[1.0, 2.0]], "list")):
        with pytest.raises(DataNotFit, match=rf"got {kind}: `trii\.backtest\(frame, strategy\)`"):
            Panel.from_bars(given)
    assert (
        Panel.from_bars(bars("a", 5)).instrument_ids
        == Panel.from_bars([bars("a", 5)]).instrument_ids
    )


def test_bars_that_are_not_daily_or_not_positive_are_refused():
    one = bars("a", 5)
    twice = replace(one, session=one.session[[0, 1, 1, 2, 3]])
    zero = replace(one, close=np.array([1.0, 0.0, 1.0, 1.0, 1.0]))
    short = replace(one, volume=-one.volume)
    cases = ((twice, "strictly increasing"), (zero, "not positive"), (short, "no volume"))
    for bad, says in cases:
        with pytest.raises(DataNotFit, match=says):
            Panel.from_bars([bad])
    with pytest.raises(DataNotFit, match="no bars"):
        Panel.from_bars([])
