"""Fills at the close that decided them are found by what they answer to it, features are not."""

import numpy as np
import pandas as pd
import pytest

from market import leaks
from market.backtest import Costs, Panel, run
from market.bars import Bars
from market.strategies import make_strategy, strategy_names

pytestmark = [pytest.mark.no_cover, pytest.mark.slow]  # thousands of calls of what others cover


FIELDS = ("open", "high", "low", "close", "volume")


@pytest.fixture(scope="module")
def bars():
    return leaks.synthetic_bars(rows=300)


def series(bars):
    """The close, its return, and what decides positions of a trend follower."""
    close = bars["close"]
    move = close.pct_change().fillna(0)
    return close, move, (close > close.rolling(20).mean()).astype(float)


def compounded(returns):
    return (1 + returns.fillna(0)).cumprod()


def filled_at_the_deciding_close(bars):
    close, move, up = series(bars)
    logs = np.log1p(move)
    momentum = np.sign(close - close.shift(5)).fillna(0)
    fast = (close.ewm(5).mean() > close.ewm(20).mean()).astype(float)
    votes = (up + momentum + fast) / 3
    rises = np.sign(move)
    return pd.DataFrame(
        {
            "trend": up * move,
            "both ways": (2 * up - 1) * move,
            "against it": (1 - 2 * up) * move,
            "momentum": momentum * move,
            "crossing": fast * move,
            "long mean": (close > close.rolling(200).mean()) * move,
            "breakout": (close >= close.rolling(50).max()) * move,
            "votes": votes * move,
            "logs": up * logs,
            "after volatility": up * move / move.rolling(20).std().shift(1).fillna(1),
            "sum": (up * move).cumsum(),
            "sum of logs": (up * logs).cumsum(),
            "curve": compounded(up * move),
            "curve of logs": np.exp((momentum * logs).cumsum()),
            "thousands": 1e5 * compounded((2 * up - 1) * move),
            "dollars": 1e4 + (up * close.diff().fillna(0) * 100).cumsum(),
            "size": compounded(rises * move),
            "nav": 100 * compounded(-rises * move),
            "pnl": rises * move,
            "strategy_returns": -rises * move,
            "pnl after costs": rises * move - 0.008 * rises.diff().abs().fillna(1),
        }
    )


def honest(bars):
    close, move, up = series(bars)
    held, rises = up.shift(1).fillna(0), np.sign(move)
    equity = compounded(held * move)
    gains, losses = move.clip(lower=0), -move.clip(upper=0)
    spread = (bars["high"] - bars["low"]) / close
    limit = np.minimum(close.shift(1) * 0.99, bars["open"])
    return pd.DataFrame(
        {
            "close": close,
            "log": np.log(close),
            "returns": move,
            "size of the return": move.abs(),
            "gains": gains,
            "losses": losses,
            "squares": move**2,
            "size in deviations": move.abs() / move.rolling(20).std().shift(1),
            "jumps": move.where(move.abs() > 0.02, 0),
            "cut returns": move.clip(-0.02, 0.02),
            "path length": move.abs().cumsum(),
            "equity_volatility": move.rolling(20).std(),
            "pnl_volatility": (held * move).abs(),
            "gross_profit": gains.rolling(20).sum(),
            "profit_factor": gains.rolling(50).sum() / losses.rolling(50).sum(),
            "profit": held * move,
            "equity": equity,
            "equity_peak": equity.cummax(),
            "equity_drawdown": equity / equity.cummax() - 1,
            "position": up,
            "held": held,
            "sign": rises,
            "pnl after costs": held * move - 0.001 * held.diff().abs().fillna(0),
            "nav costs at the close": compounded(held * move - 0.001 * up.diff().abs().fillna(0)),
            "sum": (held * move).cumsum(),
            "logs of a trend": held * np.log1p(move),
            "peak": close.cummax(),
            "trough": close.cummin(),
            "channel": close.rolling(50).max(),
            "distance": close / close.rolling(50).mean() - 1,
            "efficiency": close.diff(10).abs() / close.diff().abs().rolling(10).sum(),
            "balance": (rises * bars["volume"]).cumsum(),
            "flow": move * bars["volume"],
            "body": (close - bars["open"]) / (bars["high"] - bars["low"]),
            "range": spread.rolling(10).mean(),
            "pnl of a limit": (close / limit - 1).where(bars["low"] <= limit, 0.0),
            "trade with a stop": (close / bars["open"] - 1).where(
                bars["low"] > 0.99 * bars["open"], -0.01
            ),
            "trade with a profit taken": (close / bars["open"] - 1).where(
                bars["high"] < 1.01 * bars["open"], 0.01
            ),
            "since the open": close / bars["open"] - 1,
            "rank": close.rolling(100).rank(pct=True),
            "trades": up.diff().abs().cumsum(),
        }
    )


def to_bars(frame):
    session = frame["session"].to_numpy().astype("datetime64[D]")
    stamps = session.astype("datetime64[us]")
    columns = {field: frame[field].to_numpy(dtype=np.float64) for field in FIELDS}
    return Bars("test:A", stamps, session, **columns, available_at=stamps + np.timedelta64(21, "h"))


def test_every_fill_at_the_deciding_close_is_found_whatever_its_column_is_called(bars):
    report = leaks.check(filled_at_the_deciding_close, bars, most_cuts=50)
    assert report.columns == list(filled_at_the_deciding_close(bars))
    assert {finding.bars_ahead for finding in report.findings} == {None}


@pytest.mark.long
def test_no_honest_column_is_called_a_leak_whatever_its_name(bars):
    report = leaks.check(honest, bars, most_cuts=50)
    assert report.columns == []


def test_no_shipped_strategy_is_filled_at_its_own_close(bars):
    names = strategy_names(scope="symbol")

    def equity(frame):
        panel = Panel.from_bars([to_bars(frame)])
        return pd.DataFrame(
            {
                name: run(
                    panel,
                    make_strategy(name, {}),
                    mode="next-open",
                    costs=Costs(0, 0),
                    sleeve_cash=1000.0,
                ).equity[0]
                for name in names
            }
        )

    report = leaks.check(equity, bars, most_cuts=50, profits=names)
    assert report.columns == []


def test_what_only_its_author_can_tell_is_said_and_can_be_told(bars):
    def size(frame):
        return frame["close"].pct_change().abs().rename("size")

    report = leaks.check(size, bars, most_cuts=50)
    assert report.verdict == "clean"
    assert "--profit size" in report.warnings[0]
    assert leaks.check(size, bars, most_cuts=50, features=["size"]).warnings == ()
    assert leaks.check(size, bars, most_cuts=50, profits=["size"]).columns == ["size"]


def test_a_position_that_follows_the_close_smoothly_is_found_by_what_it_earns(bars):
    def pnl(frame):
        move = frame["close"].pct_change().fillna(0)
        return np.tanh(20 * move) * move

    report = leaks.check(pnl, bars, most_cuts=50, profits=["close"])
    assert "martingale" in report.findings[0].probe


def test_profits_that_could_not_be_tried_are_said_and_not_counted(bars):
    def pnl(frame):
        if frame["session"].dt.day_of_week.max() < 5:
            raise ValueError("needs weekends")
        return frame["close"].pct_change()

    asked = leaks.check(pnl, bars, most_cuts=50, profits=["close"])
    assert "needs weekends" in asked.warnings[0]
    assert asked.probes == leaks.check(pnl, bars, most_cuts=50, features=["close"]).probes + 8
