"""Portfolios on one cash account: books that balance, orders filled after they were decided, no future."""

from dataclasses import replace
from datetime import UTC, datetime, time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.actions import Delisting
from market.backtest import Costs, Panel, run, run_portfolio
from market.backtest.account import Account
from market.bars import PRICES
from market.calendar import get_calendar
from market.errors import BadParameter, DataNotFit
from market.strategies import Strategy, make_strategy, strategy_names
from tests.examples import examples
from tests.market.actions.test_adjustment import at, day, dividend, make_bars, split
from tests.market.backtest.test_engine import bars

COSTS = Costs(commission_bps=2, slippage_bps=3)
CALENDAR = get_calendar("24/7")


class Fixed(Strategy):
    """The same weights at each date, in the order of the instruments."""

    shares: tuple[float, ...] = ()

    def weights(self, x, book):
        return np.where(np.isnan(book.closes[-1]), 0.0, self.shares)


def fixed(*shares, rebalance="session"):
    name = f"Fixed{rebalance}"
    return type(name, (Fixed,), {"shares": shares, "rebalance": rebalance})()


class Scripted(Strategy):
    """Weights of each date as they were written down, 0 without a bar."""

    path = np.zeros((0, 0))

    def weights(self, x, book):
        at = int((book.session - FIRST).astype(int))
        return np.where(np.isnan(book.closes[-1]), 0.0, self.path[at])


FIRST = np.datetime64("2020-01-01")


def scripted(path):
    return type("Scripted", (Scripted,), {"path": path})()


def go(panel, strategy, *, costs=COSTS, cash=1_000.0, mode="next-open", **options):
    if isinstance(strategy, str):
        strategy = make_strategy(strategy, {})
    return run_portfolio(
        panel, strategy, mode=mode, costs=costs, cash=cash, calendar=CALENDAR, **options
    )


def hold(panel, **options):
    strategy = make_strategy("buy-and-hold", {})
    cash = 1_000.0 / len(panel.instrument_ids)
    return run(panel, strategy, mode="next-open", costs=COSTS, sleeve_cash=cash, **options)


def panel_of(count, n=160, seed=0):
    return Panel.from_bars([bars(f"t:{k}", n, seed=seed + k) for k in range(count)])


def with_gaps(panel, rng, share):
    """The same panel with bars taken away at random, the first session's left."""
    gone = rng.random(panel.close.shape) < share
    gone[:, 0] = False
    names = ("open", "high", "low", "close", "volume")
    return replace(panel, **{name: np.where(gone, np.nan, getattr(panel, name)) for name in names})


@pytest.mark.parametrize("rebalance", ["session", "week-end", "month-end"])
def test_all_in_one_instrument_is_the_engine_of_one_to_the_cent(rebalance):
    panel = panel_of(1)
    ours, theirs = go(panel, fixed(1.0, rebalance=rebalance), cash=1e6), hold(panel)
    if rebalance == "session":
        np.testing.assert_allclose(ours.equity, theirs.equity * 1000, rtol=0, atol=0.005)
    # Brought to all of equity again and again there is nothing to trade.
    assert len(ours.trades) == 1
    np.testing.assert_allclose(ours.trades["cost"], 1e6 * COSTS.rate / (1 + COSTS.rate))


def test_equal_shares_that_are_let_alone_are_the_sleeves_of_the_engine_to_the_cent():
    panel = panel_of(4)
    ours, theirs = go(panel, fixed(*[0.25] * 4)), hold(panel)
    np.testing.assert_allclose(ours.equity, theirs.equity, rtol=0, atol=0.005)
    np.testing.assert_allclose(ours.trades["pnl"], theirs.trades["pnl"], rtol=0, atol=0.005)


def test_at_the_end_of_each_month_a_portfolio_is_brought_to_its_weights_again():
    panel, seen = panel_of(2), []
    go_watched(panel, fixed(0.6, 0.4, rebalance="month-end"), seen)
    filled = seen[0].filled
    # The 1st of a month fills what was decided at the last close of the month before.
    firsts = np.flatnonzero(panel.session.astype("datetime64[M]") == panel.session)[1:]
    assert list(filled) == firsts.tolist()
    for t in firsts:
        worth = filled[t] * panel.open[:, t]
        np.testing.assert_allclose(worth / worth.sum(), [0.6, 0.4], rtol=1e-9)


weights = st.lists(
    st.lists(st.floats(-1, 1), min_size=3, max_size=3), min_size=30, max_size=30
).map(lambda rows: np.array([np.array(r) / max(1.0, 2 * np.abs(r).sum()) for r in rows]))


@examples(40)
@given(weights, st.integers(0, 5), st.sampled_from([0.0, 0.3, 0.9]))
def test_cash_and_positions_are_equity_and_trades_explain_all_of_it(path, seed, share):
    panel = with_gaps(panel_of(3, 30, seed), np.random.default_rng(seed), share)
    account = []
    sleeves = go_watched(panel, scripted(path), account)
    last = np.array([row[~np.isnan(row)][-1] for row in panel.close])
    worth = account[0].cash + (account[0].units * last).sum()
    equity = sleeves.equity.sum(axis=0)
    assert equity[-1] == pytest.approx(worth, rel=1e-12)
    assert equity[-1] - 1_000.0 == pytest.approx(sleeves.trades["pnl"].sum(), rel=1e-9, abs=1e-9)
    assert (sleeves.trades["cost"] >= 0).all()


def go_watched(panel, strategy, seen):
    class Watched(Account):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            self.filled = {}
            seen.append(self)

        def fill(self, *args, t):
            super().fill(*args, t=t)
            self.filled[t] = self.units.copy()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("market.backtest.portfolio.Account", Watched)
        return go(panel, strategy)


@examples(30)
@given(weights, st.integers(0, 5), st.permutations(range(3)), st.sampled_from([0.0, 0.4]))
def test_the_order_of_instruments_changes_no_bit(path, seed, order, share):
    panel = with_gaps(panel_of(3, 30, seed), np.random.default_rng(seed), share)
    order = np.array(order)
    fields = ("open", "high", "low", "close", "volume", "opened", "closed")
    other = replace(
        panel,
        instrument_ids=tuple(panel.instrument_ids[k] for k in order),
        **{name: np.ascontiguousarray(getattr(panel, name)[order]) for name in fields},
    )
    ours, theirs = go(panel, scripted(path)), go(other, scripted(path[:, order]))
    assert ours.equity[order].tobytes() == theirs.equity.tobytes()


@examples(30)
@given(weights, st.integers(0, 5), st.integers(1, 29), st.sampled_from([0.0, 0.4]))
def test_what_comes_later_changes_no_bit_of_what_was(path, seed, cut, share):
    panel = with_gaps(panel_of(3, 30, seed), np.random.default_rng(seed), share)
    whole = go(panel, scripted(path)).equity
    assert (
        go(panel.columns(np.s_[:cut]), scripted(path)).equity.tobytes() == whole[:, :cut].tobytes()
    )


@examples(30)
@given(weights, st.integers(0, 5), st.sampled_from([0.0, 0.4]))
def test_no_trade_is_filled_at_or_before_the_close_that_decided_it(path, seed, share):
    panel = with_gaps(panel_of(3, 30, seed), np.random.default_rng(seed), share)
    wanted = np.where(np.isnan(panel.close), 0.0, path.T)
    for trade in go(panel, scripted(path)).trades:
        row, entry = trade["row"], trade["entry"]
        assert not np.isnan(panel.close[row, entry])
        assert (wanted[row, :entry] != 0).any()
        assert trade["exit"] < 0 or trade["exit"] > entry


@pytest.mark.parametrize("name", strategy_names(scope="portfolio"))
@pytest.mark.parametrize("mode", ["next-open", "total-return"])
def test_no_shipped_portfolio_strategy_sees_the_future(name, mode):
    panel = panel_of(8, 300)
    whole = go(panel, name, mode=mode)
    assert len(whole.trades) > 2
    for cut in (1, 150, 190, 299):
        part = go(panel.columns(np.s_[:cut]), name, mode=mode).equity
        assert part.tobytes() == whole.equity[:, :cut].tobytes()


def test_positions_are_worth_no_more_than_equity_where_one_cannot_be_sold():
    panel = panel_of(2, 20)
    names = ("open", "high", "low", "close", "volume")
    stop = {name: getattr(panel, name).copy() for name in names}
    for values in stop.values():
        values[0, 5:] = np.nan
    path = np.zeros((20, 2))
    path[:4], path[4:] = [1.0, 0.0], [0.0, 1.0]
    seen = []
    sleeves = go_watched(replace(panel, **stop), scripted(path), seen)
    # The first is held to its last close for good: nothing was left to buy the second with.
    assert seen[0].units[0] > 0
    assert seen[0].cash >= -1e-9
    assert seen[0].units[1] * panel.close[1, 5] < 1e-6
    assert len(np.unique(sleeves.equity[0, 5:])) == 1


def test_a_short_position_gains_what_the_price_loses_and_is_told_as_one():
    panel = panel_of(1, 10)
    path = np.array([[-0.5]] * 5 + [[0.0]] * 5)
    sleeves = go(panel, scripted(path), costs=Costs(0, 0))
    (trade,) = sleeves.trades
    assert trade["units"] == trade["sold"] == pytest.approx(-500 / panel.open[0, 1])
    gained = trade["units"] * (panel.open[0, 6] - panel.open[0, 1])
    assert trade["pnl"] == pytest.approx(gained)
    assert sleeves.equity[0, -1] == pytest.approx(1_000 + gained)


def test_from_long_to_short_is_two_trades():
    path = np.array([[0.5]] * 5 + [[-0.5]] * 5)
    trades = go(panel_of(1, 10), scripted(path)).trades
    assert [(one["entry"], one["exit"], np.sign(one["units"])) for one in trades] == [
        (1, 6, 1.0),
        (6, -1, -1.0),
    ]


def test_an_account_that_is_ruined_is_refused_and_not_gone_on_with():
    panel = panel_of(1, 10)
    jump = {name: getattr(panel, name).copy() for name in ("open", "high", "low", "close")}
    for values in jump.values():
        values[0, 5:] *= 4
    with pytest.raises(DataNotFit, match="nothing is left of the equity on 2020-01-06"):
        go(replace(panel, **jump), fixed(-0.9))


def test_money_moves_from_the_start_on_and_weights_are_warm_by_then():
    panel = panel_of(4, 220)
    start = panel.session[180].astype(object)
    sleeves = go(panel, "momentum-rank", start=start)
    assert sleeves.session[0] == panel.session[180]
    assert sleeves.equity[:, 0].tolist() == [250.0] * 4
    assert sleeves.trades["entry"].min() == 1


def test_a_strategy_of_one_instrument_has_no_weights():
    with pytest.raises(BadParameter, match="decides for one instrument"):
        go(panel_of(2), "sma-cross")


def through_actions(strategy, seed):
    """A share with a split, dividends and a delisting, in the portfolio and in a sleeve of its own."""
    raw, told = histories_of(seed)
    panel = Panel.from_bars([raw], actions=told)
    ours = go(panel, strategy)
    theirs = run(panel, make_strategy("buy-and-hold", {}), mode="next-open", costs=COSTS,
                 sleeve_cash=1_000.0)  # fmt: skip
    return ours, theirs


def histories_of(seed):
    bars_ = make_bars(seed, 60)
    ratio = np.where(np.arange(60) < 20, 1.0, 4.0)
    raw = replace(bars_, **{name: getattr(bars_, name) / ratio for name in PRICES})
    gone = Delisting(**at(55), haircut=0.3)
    return raw, [split(20, 4.0), dividend(30, 0.5), dividend(40, 0.25), gone]


@pytest.mark.parametrize("seed", range(5))
def test_corporate_actions_are_booked_as_in_a_sleeve_of_ones_own(seed):
    ours, theirs = through_actions(fixed(1.0), seed)
    np.testing.assert_allclose(ours.equity, theirs.equity, rtol=0, atol=0.005)
    for name in ("units", "sold", "entry_price", "exit_price", "cost", "income", "pnl"):
        np.testing.assert_allclose(ours.trades[name], theirs.trades[name], rtol=1e-9, atol=1e-9)
    assert ours.trades["exit"].tolist() == theirs.trades["exit"].tolist() != [-1]


def test_who_is_short_over_an_ex_date_pays_the_dividend():
    raw, told = histories_of(1)
    paid = [one for one in told if not isinstance(one, Delisting)]
    with_, without = (
        go(Panel.from_bars([raw], actions=actions), fixed(-0.5), costs=Costs(0, 0))
        for actions in (paid, paid[:1])
    )
    units = without.trades["units"][0]
    assert with_.trades["income"][0] == pytest.approx(units * 0.75)
    assert units < 0
    assert with_.equity[0, -1] - without.equity[0, -1] == pytest.approx(units * 0.75)


def noon(row):
    return datetime.combine(day(row), time(12), UTC)


def test_a_split_and_what_was_told_late_of_it_are_seen_by_the_weights():
    """Prices are seen forward: before a late split is told its fall is one, from then on it is none."""

    class Rising(Strategy):
        inputs = ("roc:1",)

        def weights(self, x, book):
            fell = np.nan_to_num(x[0]) < -50
            return np.where(np.isnan(book.closes[-1]) | fell, 0.0, 1.0 / x.shape[1])

    flat = make_bars(1, 40)
    price = np.where(np.arange(40) < 20, 100.0, 25.0)
    raw = replace(flat, **dict.fromkeys(PRICES, price))
    known, late = split(20, 4.0), replace(split(20, 4.0), available_at=noon(25))
    for told, trades in (([known], 1), ([late], 2)):
        sleeves = go(Panel.from_bars([raw], actions=told), Rising(), costs=Costs(0, 0))
        assert len(sleeves.trades) == trades
        np.testing.assert_allclose(sleeves.equity[0], 1_000.0, rtol=1e-12)
