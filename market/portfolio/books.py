"""What the books hold at a date, and the two things that move it: time, and units for money."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from market.errors import DataNotFit
from market.portfolio.accounts import Account, Accounts, Receivable
from market.portfolio.lots import Lots, Method
from market.portfolio.money import ZERO, exact, settled


class Books:
    """Cash and results by currency, lots by instrument, and income not paid yet."""

    def __init__(self, *, method: Method = "fifo") -> None:
        self.method: Method = method
        self.day = date.min
        self.accounts: Accounts = defaultdict(Account)
        self.lots: dict[str, Lots] = {}
        self.currencies: dict[str, str] = {}
        self.receivables: list[Receivable] = []
        self._opened = date.min
        self._at_open: dict[str, Decimal] = {}

    def position(self, instrument_id: str) -> Decimal:
        """Units held, below 0 if short."""
        lots = self.lots.get(instrument_id)
        return lots.quantity if lots else ZERO

    def open_day(self, day: date) -> None:
        """Keep in mind what is held at the close before `day`; a second call for it changes nothing."""
        if self._opened != day:
            self._opened = day
            self._at_open = {name: lots.quantity for name, lots in self.lots.items()}

    def at_open(self, instrument_id: str) -> Decimal:
        """Units held at the close before the day that `open_day` began: what that day's actions count."""
        return self._at_open.get(instrument_id, ZERO)

    def advance(self, day: date) -> None:
        """Move on to `day`: receivables due by then become cash. `DataNotFit` if it is earlier."""
        self.check_day(day)
        self.day = day
        with exact():
            for receivable in self.receivables:
                if receivable.pay_date <= day:
                    self.accounts[receivable.currency].cash += receivable.amount
        self.receivables = [
            receivable for receivable in self.receivables if receivable.pay_date > day
        ]

    def check_day(self, day: date) -> None:
        if day < self.day:
            raise DataNotFit(f"{day} is before {self.day}: book in order of date")

    def check_currency(self, instrument_id: str, currency: str) -> None:
        known = self.currencies.get(instrument_id, currency)
        if known != currency:
            raise DataNotFit(f"{instrument_id} trades in {known}, not in {currency}")

    def exchange(self, instrument_id: str, quantity: Decimal, price: Decimal) -> None:
        """Take `quantity` (below 0: give it) for cash at `price`, in the instrument's currency."""
        currency = self.currencies[instrument_id]
        # First, since it may refuse: nothing is booked yet.
        notional = settled(quantity * price, currency)
        account = self.accounts[currency]
        account.realised += self.lots_of(instrument_id).trade(self.day, quantity, notional)
        account.cash -= notional

    def lots_of(self, instrument_id: str) -> Lots:
        """The lots of an instrument, none yet if it is new."""
        return self.lots.setdefault(instrument_id, Lots(self.method))
