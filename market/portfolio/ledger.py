"""The books of a portfolio: transactions and corporate actions in order of date, lots and cash out."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from market.actions import Action, Delisting, Dividend, SpinOff, Split
from market.errors import BadParameter, DataNotFit
from market.portfolio.accounts import Account, Accounts, Receivable
from market.portfolio.lots import Lots, Method
from market.portfolio.money import ZERO, booked, exact, from_float, ratio_of, settled
from market.portfolio.transactions import Conversion, Trade, Transaction, Transfer


class Ledger:
    """Cash and results by currency, lots by instrument, and income not paid yet.

    Dates may not go back; each booking first pays the receivables that are due. Every amount of
    cash is rounded at its settlement, half-even, and a lot costs what was settled for it, so in
    each currency, to the last digit: cash + receivables + market value
    = transfers + conversions + realised + unrealised + income - costs.
    """

    def __init__(self, *, method: Method = "fifo") -> None:
        self.method: Method = method
        self.day = date.min
        self.accounts: Accounts = defaultdict(Account)
        self.lots: dict[str, Lots] = {}
        self.currencies: dict[str, str] = {}
        self.receivables: list[Receivable] = []

    def position(self, instrument_id: str) -> Decimal:
        """Units held, below 0 if short."""
        lots = self.lots.get(instrument_id)
        return lots.quantity if lots else ZERO

    def book(self, transaction: Transaction) -> None:
        """Book a transaction. `DataNotFit` for an earlier date or an instrument's other currency."""
        self.advance(transaction.day)
        with exact():
            if isinstance(transaction, Trade):
                self._trade(transaction)
            elif isinstance(transaction, Transfer):
                self._transfer(transaction)
            else:
                self._convert(transaction)

    def apply(
        self,
        action: Action,
        *,
        price: Decimal | None = None,
        withholding: Decimal = ZERO,
        whole: bool = True,
    ) -> None:
        """Apply an action on its ex-date, before that day's trades.

        `price` is what a new share is worth for cash in lieu of a fraction (`whole`: only whole
        shares are held afterwards), the parent's first price without a spin-off, which divides the
        cost by value, or the last close that a delisting's haircut is taken from. `withholding` is
        the share of a dividend that is kept back; a short position pays the gross amount. Raises
        `BadParameter` where a price is needed and missing.
        """
        self.advance(action.ex_date)
        if self.position(action.instrument_id) == ZERO:
            return
        with exact():
            if isinstance(action, Split):
                self.lots[action.instrument_id].split(ratio_of(action.ratio))
                self._cash_in_lieu(action.instrument_id, price, whole=whole)
            elif isinstance(action, Dividend):
                self._dividend(action, withholding)
            elif isinstance(action, SpinOff):
                self._spin_off(action, price, whole=whole)
            elif isinstance(action, Delisting):
                self._delist(action, price)

    def advance(self, day: date) -> None:
        """Move on to `day`: receivables due by then become cash. `DataNotFit` if it is earlier."""
        if day < self.day:
            raise DataNotFit(f"{day} is before {self.day}: book in order of date")
        self.day = day
        for one in self.receivables:
            if one.pay_date <= day:
                self.accounts[one.currency].cash += one.amount
        self.receivables = [one for one in self.receivables if one.pay_date > day]

    def _trade(self, trade: Trade) -> None:
        known = self.currencies.setdefault(trade.instrument_id, trade.currency)
        if known != trade.currency:
            raise DataNotFit(f"{trade.instrument_id} trades in {known}, not in {trade.currency}")
        self._close_or_open(trade.instrument_id, trade.quantity, trade.price)
        costs = settled(trade.costs, trade.currency)
        self.accounts[trade.currency].cash -= costs
        self.accounts[trade.currency].costs += costs

    def _close_or_open(self, instrument_id: str, quantity: Decimal, price: Decimal) -> None:
        currency = self.currencies[instrument_id]
        notional = settled(quantity * price, currency)
        lots = self.lots.setdefault(instrument_id, Lots(self.method))
        account = self.accounts[currency]
        account.realised += lots.trade(self.day, quantity, notional)
        account.cash -= notional

    def _transfer(self, transfer: Transfer) -> None:
        amount = settled(transfer.amount, transfer.currency)
        account = self.accounts[transfer.currency]
        account.cash += amount
        account.transfers += amount

    def _convert(self, conversion: Conversion) -> None:
        sides = (
            (conversion.sold_currency, -conversion.sold),
            (conversion.bought_currency, conversion.bought),
        )
        for currency, amount in sides:
            account, cash = self.accounts[currency], settled(amount, currency)
            account.cash += cash
            account.conversions += cash

    def _dividend(self, action: Dividend, withholding: Decimal) -> None:
        if not ZERO <= booked(withholding, name="withholding") <= 1:
            raise BadParameter(
                f"withholding={withholding}: expected 0 to 1", parameter="withholding"
            )
        quantity = self.position(action.instrument_id)
        gross = settled(quantity * from_float(action.amount), action.currency)
        tax = settled(max(gross, ZERO) * withholding, action.currency)
        account = self.accounts[action.currency]
        account.income += gross - tax
        account.withheld += tax
        due = action.pay_date or action.ex_date
        self.receivables.append(Receivable(due, action.instrument_id, action.currency, gross - tax))
        self.advance(self.day)

    def _spin_off(self, action: SpinOff, price: Decimal | None, *, whole: bool) -> None:
        parent = _needed(price, action)
        value, child_price = from_float(action.value), from_float(action.child_price)
        children = self.lots[action.instrument_id].spin_off(
            ratio_of(action.ratio), value / (value + parent)
        )
        self.currencies.setdefault(action.child_id, self.currencies[action.instrument_id])
        self.lots.setdefault(action.child_id, Lots(self.method)).adopt(children)
        self._cash_in_lieu(action.child_id, child_price, whole=whole)

    def _cash_in_lieu(self, instrument_id: str, price: Decimal | None, *, whole: bool) -> None:
        """Sell what is no whole share, by the same method as any sale."""
        quantity = self.position(instrument_id)
        fraction = quantity - quantity.to_integral_value(rounding="ROUND_DOWN")
        if not (whole and fraction):
            return
        if price is None:
            raise BadParameter(
                f"{instrument_id}: {fraction} of a share is left and needs a price for cash in lieu",
                parameter="price",
            )
        self._close_or_open(instrument_id, -fraction, booked(price, name="price"))

    def _delist(self, action: Delisting, price: Decimal | None) -> None:
        if action.value is not None:
            worth = from_float(action.value)
        else:
            worth = _needed(price, action) * (1 - from_float(action.haircut or 0.0))
        self._close_or_open(action.instrument_id, -self.position(action.instrument_id), worth)


def _needed(price: Decimal | None, action: Action) -> Decimal:
    if price is None:
        raise BadParameter(
            f"the {action.kind} of {action.instrument_id} needs a price", parameter="price"
        )
    return booked(price, name="price")
