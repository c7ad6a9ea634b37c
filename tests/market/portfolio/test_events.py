"""Corporate actions in the books: a whole year by hand, and what a refusal leaves behind."""

from datetime import UTC, date, datetime
from decimal import Decimal, localcontext

import pytest

from market.actions import Delisting, Dividend, Rename, SpinOff, Split
from market.errors import BadParameter, DataNotFit
from market.portfolio import Conversion, Ledger, Trade, Transfer, change, value

D = Decimal
KNOWN = datetime(2024, 1, 1, tzinfo=UTC)


def on(day):
    return date(2024, 1, day)


def at(day, name="A"):
    """What every action says of itself."""
    return {"instrument_id": name, "ex_date": on(day), "available_at": KNOWN}


def trade(day, name, quantity, price, currency="USD", costs="0"):
    return Trade(
        day=on(day),
        instrument_id=name,
        quantity=D(quantity),
        price=D(price),
        currency=currency,
        costs=D(costs),
    )


def books(*trades, method="fifo"):
    ledger = Ledger(method=method)
    for one in trades:
        ledger.book(one)
    return ledger


def state(ledger):
    """All that the books say, for comparison."""
    lots = {name: one.open[:] for name, one in ledger.lots.items() if one.open}
    accounts = {name: repr(one) for name, one in ledger.accounts.items()}
    return ledger.day, ledger.receivables[:], ledger.currencies.copy(), lots, accounts


def test_a_book_in_two_currencies_by_hand():
    ledger = Ledger()
    dollars, euros = ledger.accounts["USD"], ledger.accounts["EUR"]
    ledger.book(Transfer(day=on(2), currency="USD", amount=D(100000)))
    ledger.book(
        Conversion(
            day=on(2), sold=D(22000), sold_currency="USD", bought=D(20000), bought_currency="EUR"
        )
    )
    ledger.book(trade(2, "A", "100.5", "40.255", costs="1.005"))
    assert dollars.cash == 100000 - 22000 - D("4045.63") - D("1.00")
    ledger.book(trade(3, "A", "50", "41"))
    ledger.book(trade(3, "S", "33.3", "150.15", "EUR", "4.95"))
    assert euros.cash == 20000 - D("5000.00") - D("4.95")
    ledger.book(trade(4, "B", "-40", "25.5"))
    start = value(
        ledger, prices={"A": D(42), "S": D(151), "B": D(25)}, rates={"EUR": D("1.1")}, base="USD"
    )
    assert start.equity == D("72923.37") + 6321 - 1000 + D("1.1") * (D("14995.05") + D("5028.3"))

    ledger.apply(Split(**at(8), ratio=1.5), price=D(28))  # 225.75 shares: 0.75 of the first lot go
    assert ledger.position("A") == 225
    assert dollars.realised == 21 - (D("4045.63") * D("0.75") / D("150.75")).quantize(D("1e-12"))

    paid = Dividend(**at(10, "S"), amount=2.2, currency="EUR", pay_date=on(15))
    ledger.apply(paid, withholding=D("0.26375"))  # 73.26 gross
    ledger.book(trade(11, "S", "-33.3", "149", "EUR"))
    assert (euros.income, euros.withheld, euros.realised) == (D("53.94"), D("19.32"), D("-38.30"))
    before = euros.cash
    ledger.apply(Dividend(**at(12, "B"), amount=0.5, currency="USD", pay_date=on(18)))
    ledger.advance(on(15))
    assert euros.cash == before + D("53.94")

    realised = dollars.realised
    ledger.apply(SpinOff(**at(16), child_id="K", ratio=0.1, child_price=30.0), price=D(25))
    assert (ledger.position("A"), ledger.position("K")) == (225, 22)
    # Half a child of the first lot is sold for 15; its share of the cost is 3 in 28, by value.
    lot = D("4045.63") - (D("4045.63") * D("0.75") / D("150.75")).quantize(D("1e-12"))
    assert dollars.realised - realised == pytest.approx(15 - lot * 3 / 28 / 30, abs=D("1e-11"))

    ledger.apply(Rename(**at(17), new_symbol="A2"))
    cash = dollars.cash
    ledger.apply(Delisting(**at(22), haircut=0.3), price=D(20))
    assert dollars.cash == cash - 20 + 225 * 14  # and the short's dividend was paid on the way
    ledger.book(trade(23, "B", "60", "20"))
    assert ledger.position("B") == 20

    end = value(ledger, prices={"K": D(31), "B": D(21)}, rates={"EUR": D("1.08")}, base="USD")
    moved = change(start, end)
    assert end.equity == dollars.cash + 22 * 31 + 20 * 21 + D("1.08") * euros.cash
    assert moved.equity == end.equity - start.equity
    parts = moved.realised + moved.unrealised + moved.income - moved.costs + moved.exchange
    assert moved.equity == parts
    assert moved.transfers == 0


@pytest.mark.parametrize(
    ("action", "terms", "error"),
    [
        (Split(**at(9), ratio=0.1), {}, BadParameter),
        (SpinOff(**at(9), child_id="E", ratio=1.0, child_price=1.0), {"price": D(9)}, DataNotFit),
        (SpinOff(**at(9), child_id="K", ratio=1.0, child_price=1.0), {}, BadParameter),
        (
            SpinOff(**at(9), child_id="K", ratio=1.0, child_price=1e40),
            {"price": D(9)},
            BadParameter,
        ),
        (Delisting(**at(9), haircut=0.3), {}, BadParameter),
        (Delisting(**at(9), haircut=0.3), {"price": D(-1)}, BadParameter),
        (Dividend(**at(9), amount=1.0, currency="usd"), {}, BadParameter),
        (Dividend(**at(9), amount=1.0, currency="USD"), {"withholding": D(2)}, BadParameter),
        (Dividend(**at(1), amount=1.0, currency="USD"), {}, DataNotFit),
        (Dividend(**at(3), amount=1.0, currency="USD"), {}, DataNotFit),
    ],
)
def test_an_action_that_is_refused_leaves_the_books_as_they_were(action, terms, error):
    ledger = books(trade(2, "E", "1", "1", "EUR"), trade(3, "A", "5", "10"))
    before = state(ledger)
    with pytest.raises(error):
        ledger.apply(action, **terms)
    assert state(ledger) == before


@pytest.mark.parametrize(
    "transaction",
    [
        trade(9, "A", "1", "1", "EUR"),
        trade(9, "N", "1", "1", "euro"),
        trade(9, "A", "1e25", "1e10"),
        trade(9, "A", "1", "1", costs="9" * 26 + ".999"),
        Transfer(day=on(9), currency="usd", amount=D(1)),
        Conversion(day=on(9), sold=D(1), sold_currency="USD", bought=D(1), bought_currency="€"),
    ],
)
def test_a_transaction_that_is_refused_leaves_the_books_as_they_were(transaction):
    ledger = books(trade(3, "A", "5", "10"))
    before = state(ledger)
    with pytest.raises((BadParameter, DataNotFit)):
        ledger.book(transaction)
    assert state(ledger) == before


def test_who_buys_on_the_ex_date_cannot_be_paid_by_mistake():
    ledger = books(trade(9, "A", "10", "10"))
    with pytest.raises(DataNotFit, match=r"A was traded on 2024-01-09, .*: apply actions before"):
        ledger.apply(Dividend(**at(9), amount=1.0, currency="USD"))


def test_an_action_counts_once():
    ledger = books(trade(2, "A", "10", "10"))
    ledger.apply(Split(**at(9), ratio=2.0))
    with pytest.raises(DataNotFit, match="the split of A on 2024-01-09 was applied already"):
        ledger.apply(Split(**at(9), ratio=2.0))
    assert ledger.position("A") == 20


def test_children_take_their_place_by_date_among_what_is_held():
    ledger = books(trade(2, "A", "10", "10"), trade(5, "B", "10", "3"))
    ledger.apply(SpinOff(**at(9), child_id="B", ratio=1.0, child_price=1.0), price=D(9))
    assert [one.opened for one in ledger.lots["B"].open] == [on(2), on(5)]
    ledger.book(trade(10, "B", "-10", "3"))
    assert ledger.accounts["USD"].realised == 30 - 10  # the old lot, at a tenth of its cost


@pytest.mark.parametrize("method", ["fifo", "average"])
def test_children_cover_a_short_position_in_them(method):
    ledger = books(trade(2, "A", "10", "10"), trade(5, "B", "-4", "3"), method=method)
    ledger.apply(SpinOff(**at(9), child_id="B", ratio=1.0, child_price=1.0), price=D(9))
    assert ledger.position("B") == 6
    assert ledger.accounts["USD"].realised == 4 * 3 - 4
    assert ledger.lots["B"].cost == 6


def test_a_holding_too_small_for_twelve_decimals_is_lost_and_said_so():
    ledger = books(trade(2, "A", "0.000000000001", "10000000000"))
    ledger.apply(Split(**at(9), ratio=0.1), whole=False)
    assert ledger.lots["A"].open == []
    assert ledger.accounts["USD"].realised == D("-0.01")


def test_income_is_paid_exactly_whatever_the_callers_context():
    ledger = books(Transfer(day=on(2), currency="USD", amount=D("1234567.89")))
    ledger.book(trade(2, "A", "10", "10"))
    ledger.apply(Dividend(**at(3), amount=1.23, currency="USD", pay_date=on(5)))
    with localcontext() as context:
        context.prec = 6
        ledger.advance(on(6))
    assert ledger.accounts["USD"].cash == D("1234480.19")


@pytest.mark.parametrize("rate", [D(0), D(-1), D("NaN"), D("Infinity")])
def test_a_rate_that_is_no_price_of_a_currency_is_refused(rate):
    ledger = books(trade(2, "A", "1", "1", "EUR"))
    with pytest.raises(BadParameter, match="rate of EUR"):
        value(ledger, prices={"A": D(1)}, rates={"EUR": rate}, base="USD")
