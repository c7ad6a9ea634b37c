"""A strategy runs on data that hold what it reads, and is refused by name where they do not."""

from dataclasses import replace

import numpy as np
import pytest

from market.backtest import Costs, Panel, require_inputs, run
from market.errors import DataNotFit
from market.leaks import check, martingale_bars, sharpe_on_martingales, synthetic_bars
from market.strategies import Strategy, make_strategy
from market.strategies.core.inputs import parse_input
from tests.market.backtest.test_engine import bars, close_only


class Squeeze(Strategy):
    """Reads every field of a bar: long in a quiet session that closes above yesterday's channel."""

    name = "squeeze"
    inputs = "open", "high", "close", "donchian:10#upper@1", "atr:14", "vwma:5"

    def target(self, x):
        opened, high, close, upper, atr, mean = x
        calm = high - opened < 2 * atr
        return np.where(calm & (close > mean) & (close > upper - 3 * atr), 1.0, 0.0)


class Volumes(Strategy):
    name = "volumes"
    inputs = "close", "obv"

    def target(self, x):
        return np.where(x[1] > 0, 1.0, 0.0)


def go(panel, strategy, mode="next-open"):
    return run(panel, strategy, mode=mode, costs=Costs(0, 0), sleeve_cash=1_000.0)


def test_closes_alone_refuse_what_needs_more_with_strategy_input_fields_and_remedy():
    with pytest.raises(DataNotFit) as info:
        require_inputs(Squeeze(), fields="close", adjusted=True)
    assert str(info.value) == (
        "strategy 'squeeze': input 'open' needs open, and the data has closes only; "
        "remedy: a universe whose bars have them"
    )
    with pytest.raises(
        DataNotFit,
        match=r"input 'donchian:55#upper@1' needs high, low, .*; "
        r"remedy: .* or strategy close-breakout on closes alone",
    ):
        require_inputs(make_strategy("donchian-breakout", {}), fields="close", adjusted=True)


def test_closes_alone_carry_what_reads_closes_alone():
    for name in ("close-breakout", "trailing-exit", "sma-cross", "buy-and-hold", "pairs"):
        require_inputs(make_strategy(name, {}), fields="close", adjusted=True)


def test_adjusted_prices_refuse_an_input_that_is_not_homogeneous_in_price():
    class Levels(Strategy):
        name = "levels"
        inputs = ("close",)

        def reads(self):
            one = parse_input("close")
            return (replace(one, source=replace(one.source, degrees=(None,))),)

    require_inputs(Volumes(), fields="ohlcv", adjusted=False)
    with pytest.raises(DataNotFit, match=r"input 'obv' needs close, volume in raw prices"):
        require_inputs(Volumes(), fields="ohlcv", adjusted=True)
    require_inputs(Levels(), fields="ohlcv", adjusted=False)
    with pytest.raises(DataNotFit, match=r"'levels': input 'close' needs close in raw prices"):
        require_inputs(Levels(), fields="ohlcv", adjusted=True)
    with pytest.raises(DataNotFit, match="not homogeneous in price"):
        go(Panel.from_bars([bars("a")]), Levels(), "total-return")


def test_an_instrument_that_holds_nothing_of_a_field_is_refused_by_name():
    mute = replace(bars("b"), volume=np.full(160, np.nan))
    panel = Panel.from_bars([bars("a"), mute])
    with pytest.raises(
        DataNotFit, match="'volumes': input 'obv' needs close, volume, and b has no volume; remedy"
    ):
        go(panel, Volumes())
    assert len(go(panel, make_strategy("donchian-breakout", {})).trades)


@pytest.mark.parametrize("name", ["donchian-breakout", "chandelier-exit"])
def test_total_return_on_closes_refuses_whole_bar_strategies_in_the_engine_too(name):
    panel = Panel.from_bars([close_only(bars("a"))])
    with pytest.raises(DataNotFit, match=f"'{name}': .* and a has no high; remedy"):
        go(panel, make_strategy(name, {}), "total-return")


def test_what_is_decided_on_a_whole_bar_is_filled_at_the_next_open():
    one = bars("a")
    panel = Panel.from_bars([one])
    base = go(panel, make_strategy("donchian-breakout", {"entry": 10, "leave": 5}))
    decided = int(base.trades[0]["entry"]) - 1
    before = one.high[decided - 10 : decided].max()
    assert one.close[decided] > before
    assert base.trades[0]["entry_price"] == one.open[decided + 1]
    # The deciding bar's own high is not in its channel, and no later bar in its decision.
    high = one.high.copy()
    high[decided] *= 5
    strategy = make_strategy("donchian-breakout", {"entry": 10, "leave": 5})
    changed = go(Panel.from_bars([replace(one, high=high)]), strategy)
    assert int(changed.trades[0]["entry"]) == decided + 1


def equity(frame):
    session = frame["session"].to_numpy().astype("datetime64[D]")
    columns = {name: frame[name].to_numpy(np.float64) for name in ("open", "high", "low", "close")}
    one = replace(
        bars("a", len(frame)),
        session=session,
        timestamp=session.astype("datetime64[us]"),
        available_at=(session + 1).astype("datetime64[us]"),
        volume=frame["volume"].to_numpy(np.float64),
        **columns,
    )
    return go(Panel.from_bars([one]), Squeeze()).equity[0]


def test_a_strategy_of_every_field_looks_ahead_nowhere():
    report = check(equity, synthetic_bars(rows=300))
    assert (report.verdict, report.warnings) == ("clean", ())


def test_a_strategy_of_every_field_has_mean_sharpe_0_on_martingales_at_no_cost():
    def returns(frame):
        curve = equity(frame)
        return curve[1:] / curve[:-1] - 1

    assert (np.diff(equity(martingale_bars(seed=1))) != 0).sum() > 50
    assert abs(sharpe_on_martingales(returns, markets=60, rows=500).z) < 4
