"""The books balance to the last digit, whatever is booked."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.actions import Delisting, Dividend, Rename, SpinOff, Split
from market.errors import BadParameter, DataNotFit
from market.portfolio import Conversion, Ledger, Trade, Transfer, change, value
from market.portfolio.money import booked, exact, settled
from tests.examples import examples

D = Decimal

DAY = date(2024, 1, 2)
KNOWN = datetime(2024, 1, 1, tzinfo=UTC)
EX = {"instrument_id": "A", "ex_date": DAY + timedelta(days=9), "available_at": KNOWN}


def later(days):
    return DAY + timedelta(days=days)


def trade(quantity, price, *, days=0, name="A", currency="USD", costs="0"):
    return Trade(
        day=later(days),
        instrument_id=name,
        quantity=D(quantity),
        price=D(price),
        currency=currency,
        costs=D(costs),
    )


def books(*transactions, method="fifo"):
    ledger = Ledger(method=method)
    for one in transactions:
        ledger.book(one)
    return ledger


def deposit(amount="10000", currency="USD", days=0):
    return Transfer(day=later(days), currency=currency, amount=D(amount))


def explained(valuation):
    """What each currency's books say that its equity should be."""
    return {
        name: a.transfers + a.conversions + a.realised + side.unrealised + a.income - a.costs
        for name, side in valuation.sides.items()
        for a in (side.account,)
    }


def test_fifo_and_average_take_their_costs():
    bought = deposit(), trade("10", "100"), trade("10", "120", days=1), trade("-15", "130", days=2)
    fifo, average = books(*bought), books(*bought, method="average")
    assert fifo.accounts["USD"].realised == 15 * 130 - 10 * 100 - 5 * 120
    assert average.accounts["USD"].realised == 15 * (130 - 110)
    assert (fifo.lots["A"].cost, average.lots["A"].cost) == (5 * 120, 5 * 110)
    assert fifo.lots["A"].open[0].opened == later(1)


def test_a_sale_beyond_flat_closes_and_opens_a_short():
    ledger = books(deposit(), trade("10", "100"), trade("-15", "110", days=1))
    assert (ledger.position("A"), ledger.accounts["USD"].realised) == (-5, 100)
    ledger.book(trade("5", "90", days=2))
    assert (ledger.position("A"), ledger.accounts["USD"].realised) == (0, 200)
    assert ledger.accounts["USD"].cash == 10200


def test_cash_is_rounded_half_even_at_settlement_by_currency():
    assert settled(D("0.125"), "USD") == D("0.12")
    assert settled(D("0.135"), "USD") == D("0.14")
    assert settled(D("10.5"), "JPY") == 10
    assert settled(D("0.0005"), "KWD") == 0
    with pytest.raises(BadParameter, match="currency='jpy': expected a code of ISO 4217"):
        settled(D("10.5"), "jpy")
    ledger = books(trade("3", "0.335", costs="0.005"))
    assert ledger.accounts["USD"].cash == D("-1.00")


def test_a_dividend_is_due_on_its_ex_date_and_cash_on_its_pay_date_less_tax():
    ledger = books(deposit(), trade("100", "50"))
    paid = Dividend(**EX, amount=0.333, currency="USD", pay_date=later(30))
    ledger.apply(paid, withholding=D("0.15"))
    account = ledger.accounts["USD"]
    assert (account.income, account.withheld) == (D("28.30"), D("5.00"))
    assert account.cash == 5000
    assert value(ledger, prices={"A": D(50)}, base="USD").equity == D("10028.30")
    ledger.advance(later(30))
    assert account.cash == D("5028.30")
    assert ledger.receivables == []


def test_who_sells_before_the_ex_date_gets_nothing_and_who_is_short_pays():
    sold = books(deposit(), trade("100", "50"), trade("-100", "50", days=8))
    sold.apply(Dividend(**EX, amount=1.0, currency="USD"))
    assert sold.accounts["USD"].income == 0
    short = books(deposit(), trade("-100", "50"))
    short.apply(Dividend(**EX, amount=1.0, currency="USD"), withholding=D("0.3"))
    assert short.accounts["USD"].income == -100
    assert short.accounts["USD"].cash == 10000 + 5000 - 100


def test_a_reverse_split_pays_cash_in_lieu_of_the_fraction():
    ledger = books(deposit(), trade("105", "10"))
    ledger.apply(Split(**EX, ratio=0.1), price=D(101))
    assert ledger.position("A") == 10
    account = ledger.accounts["USD"]
    assert account.cash == D(10000) - 1050 + D("50.50")
    assert account.realised == D("0.50")
    assert ledger.lots["A"].cost == 1000


def test_a_split_by_a_third_of_many_lots_leaves_no_dust():
    ledger = books(deposit(), *(trade("1", "30", days=day) for day in range(3)))
    ledger.apply(Split(**EX, ratio=1 / 3))
    assert ledger.position("A") == 1
    assert ledger.lots["A"].cost == 90


def test_a_fraction_without_a_price_is_refused_and_may_be_kept():
    ledger = books(deposit(), trade("5", "10"))
    with pytest.raises(
        BadParameter, match=r"split of A needs a price for cash in lieu of 0\.5 of a share"
    ):
        ledger.apply(Split(**EX, ratio=0.1))
    kept = books(deposit(), trade("5", "10"))
    kept.apply(Split(**EX, ratio=0.1), whole=False)
    assert kept.position("A") == D("0.5")


def test_a_spin_off_divides_the_cost_by_value_and_keeps_the_dates():
    ledger = books(deposit(), trade("10", "100"), trade("10", "140", days=1))
    spun = SpinOff(**EX, child_id="B", ratio=0.5, child_price=40.0)
    ledger.apply(spun, price=D(80))
    assert (ledger.position("A"), ledger.position("B")) == (20, 10)
    assert (ledger.lots["A"].cost, ledger.lots["B"].cost) == (1920, 480)
    assert [one.opened for one in ledger.lots["B"].open] == [DAY, later(1)]


@pytest.mark.parametrize(
    ("how", "price", "cash"),
    [({"value": 12.5}, None, 125), ({"haircut": 0.3}, D(20), 140), ({"value": 0.0}, None, 0)],
)
def test_a_delisting_pays_what_a_share_is_worth(how, price, cash):
    ledger = books(trade("10", "30"))
    ledger.apply(Delisting(**EX, **how), price=price)
    assert ledger.position("A") == 0
    assert ledger.accounts["USD"].cash == cash - 300
    assert ledger.accounts["USD"].realised == cash - 300


def test_a_rename_changes_no_figure():
    ledger = books(trade("10", "30"))
    ledger.apply(Rename(**EX, new_symbol="Z"))
    assert ledger.position("A") == 10


@pytest.mark.parametrize("quantity", ["100", "-100", "10", "3"])
@pytest.mark.parametrize("ratio", [4.0, 0.1, 1.5])
def test_actions_of_one_day_count_the_shares_of_the_close_before_in_any_order(quantity, ratio):
    split = Split(ratio=ratio, **EX)
    dividend = Dividend(amount=0.25, currency="USD", **EX)
    found = []
    for order in ((split, dividend), (dividend, split)):
        ledger = books(deposit(), trade(quantity, "20"))
        for action in order:
            ledger.apply(action, price=D("5"))
        found.append((ledger.accounts["USD"], ledger.position("A")))
    assert found[0] == found[1]
    assert found[0][0].income == settled(D(quantity) * D("0.25"), "USD")


@pytest.mark.parametrize("ratio", [4.0, 1.6, 0.5])
def test_a_spin_off_gives_children_for_the_shares_before_a_split_of_its_day(ratio):
    split = Split(ratio=ratio, **EX)
    spun = SpinOff(ratio=0.5, child_id="C", child_price=8.0, **EX)
    found = []
    # The parent's price is that of a share as it is then: 16 before the split is 16 / ratio after.
    for order in (((split, "1"), (spun, str(16 / ratio))), ((spun, "16"), (split, "1"))):
        ledger = books(deposit(), trade("100", "20"), trade("20", "30", days=1))
        for action, price in order:
            ledger.apply(action, price=D(price), whole=False)
        found.append((ledger.position("A"), ledger.position("C"), ledger.lots["C"].cost))
    assert found[0][:2] == found[1][:2] == (D(120) * D(str(ratio)), D(60))
    assert found[0][2] == pytest.approx(found[1][2])
    assert found[1][2] == D(2600) * 4 / 20


def test_what_a_reverse_split_paid_out_had_its_dividend_and_has_no_child():
    ledger = books(deposit(), trade("3", "20"))
    ledger.apply(Split(ratio=0.1, **EX), price=D("200"))
    assert ledger.position("A") == 0
    with pytest.raises(DataNotFit, match="apply the spin-off first"):
        ledger.apply(SpinOff(ratio=0.5, child_id="C", child_price=8.0, **EX), price=D("16"))
    ledger.apply(Dividend(amount=0.25, currency="USD", **EX))
    assert ledger.accounts["USD"].income == D("0.75")


def test_a_haircut_and_a_spin_off_without_a_price_are_refused():
    for action in (
        Delisting(**EX, haircut=0.3),
        SpinOff(**EX, child_id="B", ratio=1.0, child_price=1.0),
    ):
        with pytest.raises(BadParameter, match=f"{action.kind} of A needs a price"):
            books(trade("10", "30")).apply(action)


def test_dates_go_forward_and_an_instrument_keeps_its_currency():
    ledger = books(trade("1", "1", days=3))
    with pytest.raises(DataNotFit, match="book in order of date"):
        ledger.book(trade("1", "1", days=2))
    with pytest.raises(DataNotFit, match="trades in USD, not in EUR"):
        ledger.book(trade("1", "1", days=3, currency="EUR"))


@pytest.mark.parametrize("bad", [D("NaN"), D("1e26"), D("1e-13"), 1.0, "1"])
def test_money_that_the_database_could_not_hold_is_refused(bad):
    with pytest.raises(BadParameter, match=r"amount=.*NUMERIC\(38, 12\)"):
        Transfer(day=DAY, currency="USD", amount=bad)


def test_money_at_the_databases_limit_is_taken_to_the_last_digit():
    most = D("9" * 26 + "." + "9" * 12)
    assert booked(most, name="amount") == most


def test_a_missing_price_or_rate_is_named():
    ledger = books(trade("1", "1"), trade("1", "1", name="B", currency="EUR"))
    with pytest.raises(DataNotFit, match="no price for B"):
        value(ledger, prices={"A": D(1)}, base="USD")
    with pytest.raises(DataNotFit, match="no rate for EUR"):
        value(ledger, prices={"A": D(1), "B": D(1)}, base="USD")


def test_exchange_gains_are_told_from_trading_gains():
    ledger = books(
        deposit(),
        Conversion(
            day=DAY, sold=D(5500), sold_currency="USD", bought=D(5000), bought_currency="EUR"
        ),
        trade("50", "100", currency="EUR"),
    )
    start = value(ledger, prices={"A": D(100)}, rates={"EUR": D("1.10")}, base="USD")
    end = value(ledger, prices={"A": D(110)}, rates={"EUR": D("1.20")}, base="USD")
    assert start.equity == 10000
    moved = change(start, end)
    assert (moved.equity, moved.unrealised, moved.exchange) == (D(1100), D(600), D(500))
    assert end.weights() == pytest.approx(
        {"A": 6600 / 11100, "cash:USD": 4500 / 11100, "cash:EUR": 0}
    )


amounts = st.decimals("-900", "900", places=4).filter(bool)
prices = st.decimals("0.01", "999", places=6)
events = st.one_of(
    st.tuples(st.just("trade"), st.sampled_from(["A", "B", "C", "A2"]), amounts, prices),
    st.tuples(st.just("transfer"), st.sampled_from(["USD", "JPY"]), amounts, prices),
    st.tuples(st.just("convert"), st.sampled_from(["USD", "JPY"]), amounts, prices),
    st.tuples(st.just("dividend"), st.sampled_from(["A", "B", "C"]), amounts, prices),
    st.tuples(st.just("split"), st.sampled_from(["A", "B", "C"]), amounts, prices),
    st.tuples(st.just("spin-off"), st.sampled_from(["A", "B", "C"]), amounts, prices),
)
CURRENCY = {"A": "USD", "B": "JPY", "C": "USD", "A2": "USD"}
OTHER = {"USD": "JPY", "JPY": "USD"}


def play(ledger, day, event):
    """Book one drawn event."""
    kind, name, amount, price = event
    at = {"instrument_id": name, "ex_date": day, "available_at": KNOWN}
    size = abs(amount)
    if kind == "trade":
        ledger.book(
            Trade(
                day=day,
                instrument_id=name,
                quantity=amount,
                price=price,
                currency=CURRENCY[name],
                costs=size / 100,
            )
        )
    elif kind == "transfer":
        ledger.book(Transfer(day=day, currency=name, amount=amount))
    elif kind == "convert":
        ledger.book(
            Conversion(
                day=day, sold=size, sold_currency=name, bought=price, bought_currency=OTHER[name]
            )
        )
    elif kind == "dividend":
        pay = day + timedelta(days=2)
        paid = Dividend(**at, amount=float(price), currency=CURRENCY[name], pay_date=pay)
        ledger.apply(paid, withholding=D("0.15"))
    elif kind == "split":
        ledger.apply(Split(**at, ratio=float(size) / 300), price=price)
    else:
        ledger.apply(SpinOff(**at, child_id=f"{name}2", ratio=0.25, child_price=3.5), price=price)


@examples(120)
@given(
    st.lists(events, min_size=1, max_size=25), st.sampled_from(["fifo", "average"]), prices, prices
)
def test_equity_is_explained_to_the_last_digit_whatever_happens(drawn, method, price, rate):
    ledger = Ledger(method=method)
    marks = {name: price for one in "ABC" for name in (one, f"{one}2")}
    start = value(ledger, prices=marks, rates={"JPY": D("0.01")}, base="USD")
    bought = dict.fromkeys(marks, D(0))
    for place, event in enumerate(drawn):
        play(ledger, later(place), event)
        if event[0] == "trade":
            bought[event[1]] += event[2]
    end = value(ledger, prices=marks, rates={"JPY": rate}, base="USD")
    assert explained(end) == {name: side.equity for name, side in end.sides.items()}
    moved = change(start, end)
    with exact():
        parts = moved.transfers + moved.realised + moved.unrealised + moved.income - moved.costs
        assert moved.equity == parts + moved.exchange
    for name, lots in ledger.lots.items():
        assert sum((one.quantity for one in lots.open), D(0)) == ledger.position(name)
        assert all(one.quantity for one in lots.open)
        assert len({one.quantity > 0 for one in lots.open}) <= 1
        assert [one.opened for one in lots.open] == sorted(one.opened for one in lots.open)
        if "split" not in {event[0] for event in drawn} and "2" not in name:
            assert ledger.position(name) == bought[name]
    for account, currency in ((a, c) for c, a in ledger.accounts.items()):
        assert account.cash == settled(account.cash, currency)
    if end.equity > 1:
        assert sum(end.weights().values()) == pytest.approx(1.0)
