"""Corporate actions in backtests: signals on prices without cliffs, money at raw prices with the events."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.actions import Delisting, Dividend, SpinOff, Split, adjust_forward
from market.backtest import Costs, Panel, run, run_portfolio
from market.bars import PRICES, as_adjusted
from market.errors import DataNotFit
from market.portfolio import Ledger, Trade
from market.strategies import Strategy, make_strategy, strategy_names
from tests.examples import examples
from tests.market.actions.test_adjustment import (
    CALENDAR,
    COUNT,
    EARLY,
    SEEDS,
    at,
    day,
    dividend,
    histories,
    make_bars,
    spin_off,
    split,
)

FREE = Costs(0, 0)


def flat(price):
    """Bars that stand at a price, or at a price for each row (n,)."""
    bars = make_bars()
    close = np.zeros(COUNT) + price
    return replace(bars, **dict.fromkeys(PRICES, close))


def go(bars, actions, strategy="buy-and-hold", *, costs=FREE, mode="next-open", **options):
    chosen = make_strategy(strategy, {}) if isinstance(strategy, str) else strategy
    panel = Panel.from_bars([bars], actions=actions)
    return run(panel, chosen, mode=mode, costs=costs, sleeve_cash=1_000.0, **options)


def stepped(row, ratio):
    """Raw prices of a share of constant value 100 through a split."""
    return flat(np.where(np.arange(COUNT) < row, 100.0, 100.0 / ratio))


@pytest.mark.parametrize("ratio", [4.0, 0.1, 3.0])
def test_a_share_of_constant_value_keeps_its_worth_through_a_split(ratio):
    found = go(stepped(10, ratio), [split(10, ratio)])
    np.testing.assert_allclose(found.equity[0], 1_000.0, rtol=1e-12)
    (trade,) = found.trades
    assert trade["units"] == pytest.approx(10.0 * ratio)
    assert trade["entry_price"] == pytest.approx(100.0 / ratio)
    assert trade["pnl"] == pytest.approx(0.0, abs=1e-9)


def test_a_split_of_four_is_exact():
    assert go(stepped(10, 4.0), [split(10, 4.0)]).equity[0].tolist() == [1_000.0] * COUNT


@pytest.mark.parametrize("name", strategy_names(scope="symbol"))
def test_a_split_makes_no_strategy_trade(name):
    """On bars that were split it decides, and earns, as on bars that were not."""
    bars = make_bars(3, 300)
    ratio = np.where(np.arange(300) < 150, 1.0, 4.0)
    raw = replace(
        bars, **{one: getattr(bars, one) / ratio for one in PRICES}, volume=bars.volume * ratio
    )
    whole, found = go(bars, [], name), go(raw, [split(150, 4.0)], name)
    assert found.equity.tobytes() == whole.equity.tobytes()
    assert found.trades["entry"].tolist() == whole.trades["entry"].tolist()


def test_a_dividend_is_paid_in_cash_for_the_units_of_the_close_before():
    found = go(flat(100.0), [dividend(10, 2.0)])
    assert found.equity[0].tolist() == [1_000.0] * 10 + [1_020.0] * (COUNT - 10)
    assert found.trades[0]["income"] == pytest.approx(20.0)
    assert found.trades[0]["pnl"] == pytest.approx(20.0)


def test_who_buys_on_the_ex_date_is_paid_nothing():
    assert go(flat(100.0), [dividend(1, 2.0)]).equity[0].tolist() == [1_000.0] * COUNT


def test_a_dividend_on_the_day_of_a_split_is_for_the_shares_before_it():
    found = go(stepped(10, 4.0), [split(10, 4.0), dividend(10, 2.0)])
    assert found.equity[0, -1] == pytest.approx(1_020.0)


def test_a_spin_off_is_cash_for_what_the_child_was_worth():
    """A share of 100 that gives half a share of a child of 60 stands at 70."""
    gives = SpinOff(**at(10), child_id="x:B", ratio=0.5, child_price=60.0)
    found = go(flat(np.where(np.arange(COUNT) < 10, 100.0, 70.0)), [gives])
    np.testing.assert_allclose(found.equity[0], 1_000.0, rtol=1e-12)
    assert found.trades[0]["income"] == pytest.approx(300.0)


@pytest.mark.parametrize(
    ("end", "worth"),
    [({"value": 130.0}, 1_300.0), ({"value": 0.0}, 0.0), ({"haircut": 0.3}, 700.0)],
)
def test_a_delisting_ends_the_position_with_its_final_return(end, worth):
    gone = Delisting(**at(20), **end)
    bars = flat(100.0).take(slice(0, 20))
    found = go(bars, [gone])
    assert found.session[-1] == np.datetime64(day(20))
    assert found.equity[0].tolist() == [1_000.0] * 20 + [pytest.approx(worth)]
    assert found.equity[0, -1] / found.equity[0, -2] - 1 == pytest.approx(gone.final_return(100.0))
    (trade,) = found.trades
    assert (trade["exit"], trade["exit_price"]) == (20, pytest.approx(worth / 10))
    assert trade["pnl"] == pytest.approx(worth - 1_000.0)


def test_a_delisting_counts_in_adjusted_closes_too_and_ends_what_is_traded():
    """Their splits and dividends are in them already; bars after the delisting are nobody's."""
    bars = as_adjusted(flat(100.0))
    told = [split(5, 4.0), dividend(8, 3.0), Delisting(**at(20), haircut=0.5)]
    found = go(bars, told, mode="total-return")
    assert found.equity[0].tolist() == [1_000.0] * 20 + [500.0]


def test_an_action_while_flat_books_nothing():
    told = [split(10, 4.0), dividend(12, 2.0), Delisting(**at(20), value=1.0)]
    bars = make_bars().take(slice(0, 20))
    found = go(bars, told, start=day(19))
    assert found.equity[0].tolist() == [1_000.0, 1_000.0]
    assert len(found.trades) == 0


def test_an_announcement_that_was_moved_is_booked_once():
    first = replace(dividend(10, 2.0), event_id="d")
    moved = replace(first, ex_date=day(12), available_at=EARLY + timedelta(days=1))
    found = go(flat(100.0), [moved, first])
    assert found.equity[0].tolist() == [1_000.0] * 12 + [1_020.0] * (COUNT - 12)


class Restless(Strategy):
    """Orders at every bar, so that nothing that is paid lies idle."""

    name = "restless"
    state_size = 1

    @staticmethod
    def step(s, x, p):
        s[0] += 1.0
        return 1.0 if s[0] % 2.0 else 0.75


@examples(25)
@given(SEEDS, histories())
def test_raw_prices_with_events_are_adjusted_prices_to_who_reinvests(seed, actions):
    """Equal to rounding, where orders are filled at the price at which payments are reinvested."""
    bars = make_bars(seed)
    bars = replace(bars, **dict.fromkeys(PRICES, bars.close))
    known = [replace(one, available_at=EARLY) for one in actions if one.ex_date > day(0)]
    whole = adjust_forward(bars, known)
    plain = replace(bars, **{name: getattr(whole, name) for name in PRICES})
    found, expected = go(bars, known, Restless()), go(plain, [], Restless())
    np.testing.assert_allclose(found.equity, expected.equity, rtol=1e-9)


@examples(15)
@given(SEEDS, histories(), st.sampled_from([0.0, 5.0]))
def test_the_trades_explain_the_equity(seed, actions, bps):
    found = go(make_bars(seed), actions, Restless(), costs=Costs(bps, 0))
    gained = found.equity[0, -1] - found.equity[0, 0]
    assert found.trades["pnl"].sum() == pytest.approx(gained, rel=1e-9, abs=1e-6)


@examples(15)
@given(SEEDS, histories(), st.integers(2, COUNT))
def test_no_bar_and_no_action_to_come_changes_the_past(seed, actions, cut):
    bars = make_bars(seed)
    panel = Panel.from_bars([bars], actions=actions)
    options = {"mode": "next-open", "costs": FREE, "sleeve_cash": 1_000.0}
    for strategy in (Restless(), make_strategy("sma-cross", {"fast": 5, "slow": 20})):
        whole = run(panel, strategy, **options).equity
        part = run(panel.columns(np.s_[:cut]), strategy, **options).equity
        np.testing.assert_array_equal(part, whole[:, :cut])
    # Nor what was told later, as far as signals go: none of it is known yet.
    end = datetime.combine(day(cut), datetime.min.time(), tzinfo=EARLY.tzinfo)
    told = [one for one in actions if one.available_at <= end or one.ex_date <= day(cut - 1)]
    again = Panel.from_bars([bars.take(slice(0, cut))], actions=told)
    np.testing.assert_array_equal(run(again, Restless(), **options).equity, part_of(panel, cut))


def part_of(panel, cut):
    return run(panel, Restless(), mode="next-open", costs=FREE, sleeve_cash=1_000.0).equity[:, :cut]


class Falls(Strategy):
    """Out after a fall by half."""

    name = "falls"
    inputs = ("close", "close@1")

    def target(self, x):
        return np.where(x[0] < 0.5 * x[1], 0.0, 1.0)


def test_a_split_that_was_told_late_looks_like_a_fall_until_then():
    """What is wanted at a bar rests on what was known at it, not on what was told afterwards."""
    late = replace(split(10, 4.0), available_at=EARLY.replace(year=2024, month=1, day=15, hour=12))
    found = go(stepped(10, 4.0), [late], Falls())
    # Sold at the open after the fall that was none, bought again at the next.
    assert found.trades["entry"].tolist() == [2, 12]
    np.testing.assert_allclose(found.equity[0], 1_000.0, rtol=1e-12)
    assert go(stepped(10, 4.0), [split(10, 4.0)], Falls()).trades["entry"].tolist() == [2]


@examples(15)
@given(SEEDS, histories())
def test_a_holder_has_what_the_books_of_a_portfolio_say(seed, actions):
    bars = make_bars(seed)
    told = [
        replace(one, available_at=EARLY)
        for one in actions
        if day(1) < one.ex_date <= day(COUNT - 1) and isinstance(one, Split | Dividend | SpinOff)
    ]
    found = go(bars, told)
    ledger, units = Ledger(), 1_000.0 / bars.open[1]
    ledger.book(
        Trade(
            day=day(1),
            instrument_id="x:A",
            quantity=Decimal(f"{units:.9f}"),
            price=Decimal(f"{bars.open[1]:.9f}"),
            costs=Decimal(0),
            currency="USD",
        )
    )
    for one in sorted(told, key=lambda action: action.ex_date):
        ledger.apply(one, price=Decimal(100), whole=False)
    worth = float(ledger.position("x:A")) * bars.close[-1]
    account = ledger.accounts["USD"]
    # The ledger holds the children, the sleeve what they were worth when they were given.
    given_for = sum(
        one.value * held_before(told, one, units) for one in told if isinstance(one, SpinOff)
    )
    expected = 1_000.0 + float(account.cash) + worth + given_for
    assert found.equity[0, -1] == pytest.approx(expected, abs=0.02 * (len(told) + 1))


def held_before(told, action, units):
    ratios = [one.ratio for one in told if isinstance(one, Split) and one.ex_date < action.ex_date]
    return units * np.prod(ratios)


def test_adjusted_bars_are_not_filled_at_their_opens():
    with pytest.raises(
        DataNotFit, match=r"the bars of x:A are adjusted; remedy: mode total-return"
    ):
        go(as_adjusted(make_bars()), [])
    assert go(as_adjusted(make_bars()), [], mode="total-return").equity[0, -1] > 0.0


@pytest.mark.parametrize("told", [split(10, 4.0), dividend(10, 2.0), spin_off(10, 2.0)])
def test_raw_bars_that_had_actions_are_not_taken_for_adjusted_ones(told):
    with pytest.raises(DataNotFit, match=r"x:A are raw and had splits or payments; remedy: mode"):
        go(make_bars(), [told], mode="total-return")


def test_actions_of_others_are_nothing_to_a_panel():
    foreign = [
        replace(split(10, 4.0), instrument_id="x:Z"),
        Delisting(**at(2) | {"instrument_id": "x:Z"}, value=0.0),
    ]
    panel = Panel.from_bars([make_bars()], actions=foreign)
    assert (panel.actions, panel.session[-1]) == ((), np.datetime64(date(2024, 1, 30)))


@pytest.mark.parametrize("told", [split(5, 4.0), dividend(5, 2.0)])
@pytest.mark.parametrize("gone", [0, -3])
def test_who_is_delisted_by_the_first_bar_holds_up_nobody(told, gone):
    """Its sleeve stays cash; the other's is bought at an open of 100 and closes at 110."""
    other = replace(flat(110.0), instrument_id="x:B", open=np.full(COUNT, 100.0))
    actions = [Delisting(**at(gone), value=50.0), told]
    panel = Panel.from_bars([flat(100.0), other], actions=actions)
    found = run(
        panel, make_strategy("buy-and-hold", {}), mode="next-open", costs=FREE, sleeve_cash=1_000.0
    )
    assert found.equity[:, -1].tolist() == [1_000.0, pytest.approx(1_100.0)]


HALT = [split(22, 2.0), dividend(23, 1.5), Delisting(**at(25), value=50.0)]


@pytest.mark.parametrize(
    ("told", "worth"),
    [
        # 10 shares of 100 become 20, each worth 50; then 1.5 for each of the 20.
        ([split(22, 2.0), Delisting(**at(25), value=50.0)], 1_000.0),
        (HALT, 1_030.0),
        # On the day itself too: it is for the shares of the close before.
        ([dividend(25, 2.0), Delisting(**at(25), value=50.0)], 520.0),
        # A last close of 100 is (100 / 2 - 1.5) = 48.5 for a share of now, less a fifth: 38.8.
        ([*HALT[:2], Delisting(**at(25), haircut=0.2)], 20 * 38.8 + 30.0),
        # What pays more than it was worth leaves nothing to take a haircut of.
        ([dividend(22, 120.0), Delisting(**at(25), haircut=0.2)], 1_200.0),
    ],
)
@pytest.mark.parametrize("portfolio", [False, True])
def test_who_holds_over_a_halt_has_its_splits_and_payments_before_the_delisting(
    told, worth, portfolio
):
    other = replace(flat(100.0), instrument_id="x:B")
    panel = Panel.from_bars([flat(100.0).take(slice(0, 20)), other], actions=told)
    if portfolio:
        options = {"cash": 2_000.0, "calendar": CALENDAR}
        found = run_portfolio(panel, Halves(), mode="next-open", costs=FREE, **options)
    else:
        chosen = make_strategy("buy-and-hold", {})
        found = run(panel, chosen, mode="next-open", costs=FREE, sleeve_cash=1_000.0)
    assert found.equity[0, 24] == pytest.approx(1_000.0)
    assert found.equity[0, 25:].tolist() == [pytest.approx(worth)] * (COUNT - 25)
    assert found.trades["pnl"].sum() == pytest.approx(worth - 1_000.0)


@pytest.mark.parametrize("moved", [False, True])
def test_a_delisting_that_has_not_come_is_not_booked(moved):
    """Two weeks behind the last bar; and the same where it was first told for a day among the bars."""
    far = Delisting(**at(COUNT + 14), value=150.0)
    told = [far]
    if moved:
        first = replace(far, event_id="d", ex_date=day(20))
        told = [first, replace(far, event_id="d", available_at=EARLY + timedelta(days=1))]
    found = go(flat(100.0), told)
    assert found.equity[0].tolist() == [1_000.0] * COUNT
    assert found.trades["exit"].tolist() == [-1]
    # Who says up to when it is known has it booked: 10 shares at 150.
    panel = Panel.from_bars(flat(100.0), actions=told, end=day(COUNT + 14))
    whole = run(
        panel, make_strategy("buy-and-hold", {}), mode="next-open", costs=FREE, sleeve_cash=1_000.0
    )
    assert (whole.equity[0, -1], whole.session[-1]) == (1_500.0, np.datetime64(day(COUNT + 14)))


@pytest.mark.parametrize(
    ("ex_date", "comes"), [(date(2024, 1, 16), True), (date(2024, 1, 18), False)]
)
def test_the_session_after_a_long_weekend_has_come(ex_date, comes):
    """Bars of weekdays to Friday 2024-01-12; Monday was a holiday."""
    bars = flat(100.0).take(slice(0, 12))
    bars = bars.take(np.is_busday(bars.session))
    gone = replace(Delisting(**at(0), value=50.0), ex_date=ex_date)
    assert go(bars, [gone]).equity[0, -1] == (500.0 if comes else 1_000.0)


class Halves(Strategy):
    """Half in each of two while they trade."""

    name = "halves"

    def weights(self, x, book):
        return np.where(np.isnan(book.closes[-1]), 0.0, 0.5)
