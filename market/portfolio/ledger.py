"""The books of a portfolio: transactions and corporate actions in order of date, lots and cash out."""

from datetime import date
from decimal import Decimal

from market.actions import Action
from market.errors import DataNotFit
from market.portfolio.books import Books
from market.portfolio.events import Terms, apply_action, check_action
from market.portfolio.lots import Method
from market.portfolio.money import ZERO, exact, settled
from market.portfolio.transactions import Conversion, Trade, Transaction, Transfer


class Ledger(Books):
    """Books by transactions and actions.

    Dates may not go back; each booking first pays the receivables that are due. A booking that is
    refused changes nothing. Every amount of cash is rounded at its settlement, half-even, and a lot
    costs what was settled for it, so in each currency, to the last digit: cash + receivables +
    market value = transfers + conversions + realised + unrealised + income - costs.
    """

    def __init__(self, *, method: Method = "fifo") -> None:
        super().__init__(method=method)
        self._traded: dict[str, date] = {}
        self._applied: dict[tuple[str, ...], date] = {}

    def book(self, transaction: Transaction) -> None:
        """Book a transaction. `DataNotFit` for an earlier date or an instrument's other currency."""
        self.check_day(transaction.day)
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

        Of several on one ex-date each counts the shares held at the close before, in any order.
        `price` is what a new share is worth for cash in lieu of a fraction (`whole`: only whole
        shares are held afterwards), the parent's first price without a spin-off, which divides the
        cost by value (of a share as it is when this is booked), or the last close that a delisting's haircut is taken from. `withholding` is
        the share of a dividend that is kept back; a short position pays the gross amount. Raises
        `BadParameter` where a price is needed and missing, `DataNotFit` if the instrument was
        traded on the ex-date already or the action was applied before.
        """
        self.check_day(action.ex_date)
        self._check_order(action)
        terms = Terms(price=price, withholding=withholding, whole=whole)
        with exact():
            self.open_day(action.ex_date)
            name = action.instrument_id
            held = (self.at_open(name), self.position(name)) != (ZERO, ZERO)
            if held:
                check_action(self, action, terms)
            self.advance(action.ex_date)
            # Also where nothing is held: a second time is refused all the same.
            self._applied[action.key] = action.ex_date
            if held:
                apply_action(self, action, terms)

    def _check_order(self, action: Action) -> None:
        name = action.instrument_id
        if self._traded.get(name) == action.ex_date:
            raise DataNotFit(
                f"{name} was traded on {action.ex_date}, the ex-date of its {action.kind}: "
                "apply actions before the day's trades"
            )
        if action.key in self._applied:
            raise DataNotFit(f"the {action.kind} of {name} on {action.ex_date} was applied already")

    def _trade(self, trade: Trade) -> None:
        self.check_currency(trade.instrument_id, trade.currency)
        # Asked before anything is booked: what it refuses leaves the books as they were.
        settled(trade.quantity * trade.price, trade.currency)
        costs = settled(trade.costs, trade.currency)
        self.advance(trade.day)
        self.currencies[trade.instrument_id] = trade.currency
        self.exchange(trade.instrument_id, trade.quantity, trade.price)
        self.accounts[trade.currency].cash -= costs
        self.accounts[trade.currency].costs += costs
        self._traded[trade.instrument_id] = trade.day

    def _transfer(self, transfer: Transfer) -> None:
        amount = settled(transfer.amount, transfer.currency)
        self.advance(transfer.day)
        account = self.accounts[transfer.currency]
        account.cash += amount
        account.transfers += amount

    def _convert(self, conversion: Conversion) -> None:
        sold = settled(conversion.sold, conversion.sold_currency)
        bought = settled(conversion.bought, conversion.bought_currency)
        self.advance(conversion.day)
        for currency, amount in (
            (conversion.sold_currency, -sold),
            (conversion.bought_currency, bought),
        ):
            account = self.accounts[currency]
            account.cash += amount
            account.conversions += amount
