"""What the library itself computes looks ahead nowhere, and earns nothing where nothing can be."""

import math

import numpy as np
import pandas as pd
import pytest

from market import features, indicators, leaks
from market.backtest import Costs, Panel, run
from market.bars import Bars
from market.calendar import get_calendar
from market.strategies import make_strategy, strategy_names
from market.strategies.core.evaluation import weight_path

pytestmark = [pytest.mark.no_cover, pytest.mark.slow]  # thousands of calls of what others cover


FIELDS = ("open", "high", "low", "close", "volume")


@pytest.fixture(scope="module")
def bars():
    return leaks.synthetic_bars(rows=400)


def to_bars(frame, name="test:A"):
    session = frame["session"].to_numpy().astype("datetime64[D]")
    stamps = session.astype("datetime64[us]")
    columns = {field: frame[field].to_numpy(dtype=np.float64) for field in FIELDS}
    return Bars(name, stamps, session, **columns, available_at=stamps + np.timedelta64(21, "h"))


def test_every_registered_indicator_is_clean(bars):
    every = [indicators.parse(name) for name in indicators.names()]

    def compute(frame):
        own = to_bars(frame)
        values = [one.batch(own).reshape(len(frame), -1) for one in every]
        names = [f"{one.name} {column}" for one in every for column in one.columns]
        return pd.DataFrame(np.hstack(values), columns=names)

    report = leaks.check(compute, bars, most_cuts=50)
    assert str(report) == f"no look-ahead found in {report.probes} probes"
    # No column was left without values, so each of them was compared.
    assert report.warnings == ()


@pytest.mark.parametrize("chosen", [features.CLOSE_VOLATILITY, features.RETURN_RESIDUALS])
def test_both_feature_sets_are_clean_once_they_are_warm(chosen):
    bars = leaks.synthetic_bars(rows=chosen.lookback + 150)

    def compute(frame):
        values = chosen.compute(frame["close"].to_numpy())
        return pd.DataFrame(values, columns=list(chosen.names))

    report = leaks.check(compute, bars)
    assert (report.verdict, report.warnings) == ("clean", ())


def backtest(name, frames):
    panel = Panel.from_bars([to_bars(one, f"test:{at}") for at, one in enumerate(frames)])
    return run(
        panel, make_strategy(name, {}), mode="next-open", costs=Costs(0, 0), sleeve_cash=1000.0
    )


@pytest.mark.parametrize("name", strategy_names(scope="symbol"))
def test_every_shipped_strategy_is_clean_through_the_backtest(bars, name):
    def equity(frame):
        return backtest(name, [frame]).equity[0]

    report = leaks.check(equity, bars, most_cuts=50)
    assert str(report) == f"no look-ahead found in {report.probes} probes"


@pytest.mark.long
@pytest.mark.parametrize("name", strategy_names(scope="symbol"))
def test_every_shipped_strategy_has_mean_sharpe_0_on_martingales_at_no_cost(name):
    def returns(frame):
        equity = backtest(name, [frame]).equity
        return equity[:, 1:] / equity[:, :-1] - 1

    result = leaks.sharpe_on_martingales(returns, markets=60, rows=500)
    # The mean of 60 independent ratios: 4 standard errors are exceeded once in 16,000.
    assert abs(result.z) < 4
    # A ratio over 500 sessions has a standard error of 1 / sqrt(500): the mean's is known too.
    assert result.standard_error < 2 / math.sqrt(500 * 60)


def weights(name, panel, session):
    strategy, calendar = make_strategy(name, {}), get_calendar("24/7")
    return weight_path(strategy, panel, session=session, calendar=calendar)


@pytest.mark.parametrize("name", strategy_names(scope="portfolio"))
def test_the_weights_of_every_portfolio_strategy_are_clean(bars, name):
    def of_four_series(frame):
        session = frame["session"].to_numpy().astype("datetime64[D]")
        # Four causal series stand for four instruments.
        return weights(name, frame[["open", "high", "low", "close"]].to_numpy(), session)

    assert leaks.check(of_four_series, bars, most_cuts=50).verdict == "clean"


@pytest.mark.long
@pytest.mark.parametrize("name", strategy_names(scope="portfolio"))
def test_every_portfolio_strategy_has_mean_sharpe_0_on_martingales(name):
    session = get_calendar("24/7").days[3650:3950]

    def returns(frame):
        seed = int(frame["volume"].sum())
        others = [leaks.martingale_bars(seed=seed + k, rows=len(frame)) for k in range(5)]
        panel = np.column_stack([one["close"] for one in (frame, *others)])
        held = weights(name, panel, session)[:-1]
        return (held * (panel[1:] / panel[:-1] - 1)).sum(axis=1)

    assert abs(leaks.sharpe_on_martingales(returns, markets=30, rows=300).z) < 4


def limit(bars, level):
    """Bought at a limit set at the close before, or at the open below it; sold at the close."""
    price = np.minimum(bars["close"].shift(1) * (1 - level), bars["open"])
    return (bars["close"] / price - 1).where(bars["low"] <= price, 0.0)


def stop(bars, level):
    """Bought at a stop set at the close before, or at the open above it; sold at the close."""
    price = np.maximum(bars["close"].shift(1) * (1 + level), bars["open"])
    return (bars["close"] / price - 1).where(bars["high"] >= price, 0.0)


def stopped_out(bars, level):
    """Bought at the open with a protective stop."""
    whole = bars["close"] / bars["open"] - 1
    return whole.where(bars["low"] > bars["open"] * (1 - level), -level)


def profit_taken(bars, level):
    """Bought at the open with a limit above it."""
    whole = bars["close"] / bars["open"] - 1
    return whole.where(bars["high"] < bars["open"] * (1 + level), level)


@pytest.mark.parametrize("order", [limit, stop, stopped_out, profit_taken])
def test_orders_inside_the_bar_earn_nothing_on_martingales(order):
    levels = (0.003, 0.01)
    results = [
        leaks.sharpe_on_martingales(lambda bars: order(bars, level), markets=20, rows=300)  # noqa: B023 - called here
        for level in levels
    ]
    assert max(abs(one.z) for one in results) < 4
    assert min(one.standard_error for one in results) > 0


def test_the_null_has_the_power_to_see_a_fill_at_the_deciding_close():
    def same_close(frame):
        change = frame["close"].pct_change()
        return (np.sign(change) * change).to_numpy()

    assert leaks.sharpe_on_martingales(same_close, markets=10).z > 50


def test_the_mean_over_many_strategies_and_one_market_is_of_martingale_prices():
    path = leaks.martingale_bars(seed=1, rows=7_500)
    changes = path["close"].pct_change().dropna()
    assert abs(changes.mean()) < 4 * changes.std() / math.sqrt(7_500)
    assert (path["high"] >= path[["open", "close"]].max(axis=1)).all()
    assert (path["low"] <= path[["open", "close"]].min(axis=1)).all()
