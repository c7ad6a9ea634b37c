"""What corporate actions do to the books: checked as a whole first, so that a refusal changes nothing."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from market.actions import Action, Delisting, Dividend, SpinOff, Split
from market.errors import BadParameter, DataNotFit
from market.portfolio.accounts import Receivable
from market.portfolio.books import Books
from market.portfolio.money import ZERO, booked, from_float, ratio_of, settled


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What an announcement leaves open.

    `price` is what a new share is worth for cash in lieu, the parent's first price without a
    spin-off, or the last close before a delisting. `withholding` is a share of a dividend. `whole`:
    only whole shares are held afterwards.
    """

    price: Decimal | None = None
    withholding: Decimal = ZERO
    whole: bool = True


def check_action(books: Books, action: Action, terms: Terms) -> None:
    """Raise `BadParameter` or `DataNotFit` for what `apply_action` could not book."""
    if isinstance(action, Split):
        after = sum(books.lots[action.instrument_id].scaled(ratio_of(action.ratio)), ZERO)
        if terms.whole and _fraction(after):
            _needed(terms, action, f"cash in lieu of {_fraction(after).normalize()} of a share")
    elif isinstance(action, Dividend):
        # For what it refuses: the amounts are computed again when they are booked.
        _amounts(books, action, terms)
    elif isinstance(action, SpinOff):
        _needed(terms, action, "dividing the cost")
        _growth(books, action)
        from_float(action.value)
        books.check_currency(action.child_id, books.currencies[action.instrument_id])
    elif isinstance(action, Delisting):
        held = books.position(action.instrument_id)
        settled(held * _worth(action, terms), books.currencies[action.instrument_id])


def apply_action(books: Books, action: Action, terms: Terms) -> None:
    """Book an action that `check_action` let pass. A rename changes no figure."""
    if isinstance(action, Split):
        _split(books, action, terms)
    elif isinstance(action, Dividend):
        _dividend(books, action, terms)
    elif isinstance(action, SpinOff):
        _spin_off(books, action, terms)
    elif isinstance(action, Delisting):
        held = books.position(action.instrument_id)
        books.exchange(action.instrument_id, -held, _worth(action, terms))


def _split(books: Books, action: Split, terms: Terms) -> None:
    lots = books.lots[action.instrument_id]
    account = books.accounts[books.currencies[action.instrument_id]]
    account.realised += lots.split(ratio_of(action.ratio))
    if terms.whole:
        _cash_in_lieu(books, action.instrument_id, terms.price or ZERO)


def _dividend(books: Books, action: Dividend, terms: Terms) -> None:
    gross, tax = _amounts(books, action, terms)
    account = books.accounts[action.currency]
    account.income += gross - tax
    account.withheld += tax
    due = action.pay_date or action.ex_date
    net = Receivable(due, action.instrument_id, action.currency, gross - tax)
    books.receivables.append(net)
    # What is due today or was due before becomes cash at once.
    books.advance(books.day)


def _spin_off(books: Books, action: SpinOff, terms: Terms) -> None:
    if not books.at_open(action.instrument_id):
        return
    parent = _needed(terms, action, "dividing the cost")
    value, child_price = from_float(action.value), from_float(action.child_price)
    currency = books.currencies[action.instrument_id]
    growth = _growth(books, action)
    children = books.lots[action.instrument_id].spin_off(
        # The terms count shares of the close before: a split of the same day has changed those
        # that are held.
        ratio_of(action.ratio) / growth,
        value / (value + parent * growth.numerator / growth.denominator),
    )
    books.currencies.setdefault(action.child_id, currency)
    books.accounts[currency].realised += books.lots_of(action.child_id).adopt(children)
    if terms.whole:
        _cash_in_lieu(books, action.child_id, child_price)


def _cash_in_lieu(books: Books, instrument_id: str, price: Decimal) -> None:
    """Sell what is no whole share, by the same method as any sale."""
    fraction = _fraction(books.position(instrument_id))
    if fraction:
        books.exchange(instrument_id, -fraction, price)


def _fraction(quantity: Decimal) -> Decimal:
    # Towards 0, so that a short position is rounded as a long one is.
    return quantity - quantity.to_integral_value(rounding="ROUND_DOWN")


def _growth(books: Books, action: SpinOff) -> Fraction:
    """How many shares one of the close before has become, by a split of the same day."""
    name = action.instrument_id
    if not books.at_open(name):
        return Fraction(1)  # nothing of the close before is entitled to anything
    if not books.position(name):
        raise DataNotFit(
            f"{name} is no longer held after its split on {action.ex_date}: apply the spin-off first"
        )
    return Fraction(books.position(name)) / Fraction(books.at_open(name))


def _amounts(books: Books, action: Dividend, terms: Terms) -> tuple[Decimal, Decimal]:
    """Gross dividend and tax, settled; below 0 and untaxed for a short position."""
    if not ZERO <= booked(terms.withholding, name="withholding") <= 1:
        raise BadParameter(
            f"withholding={terms.withholding}: expected 0 to 1", parameter="withholding"
        )
    quantity = books.at_open(action.instrument_id)
    gross = settled(quantity * from_float(action.amount), action.currency)
    return gross, settled(max(gross, ZERO) * terms.withholding, action.currency)


def _worth(action: Delisting, terms: Terms) -> Decimal:
    if action.value is not None:
        return from_float(action.value)
    last = _needed(terms, action, "taking the haircut from it")
    return last * (1 - from_float(action.haircut or 0.0))


def _needed(terms: Terms, action: Action, purpose: str) -> Decimal:
    if terms.price is None:
        raise BadParameter(
            f"the {action.kind} of {action.instrument_id} needs a price for {purpose}",
            parameter="price",
        )
    if booked(terms.price, name="price") < ZERO:
        raise BadParameter(f"price={terms.price}: expected 0 or more", parameter="price")
    return terms.price
