"""What one currency's side of the books adds up to."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from market.portfolio.money import ZERO


@dataclass
class Account:
    """Money of one currency, since the books began.

    `transfers` came from outside, `conversions` from other currencies, both net; `realised` are
    gains of closed lots before costs, `income` dividends due by their ex-date, net of `withheld`.
    """

    cash: Decimal = ZERO
    transfers: Decimal = ZERO
    conversions: Decimal = ZERO
    realised: Decimal = ZERO
    income: Decimal = ZERO
    withheld: Decimal = ZERO
    costs: Decimal = ZERO


@dataclass(frozen=True)
class Receivable:
    """Net income of an ex-date that is paid in cash on `pay_date`; below 0 for a short position."""

    pay_date: date
    instrument_id: str
    currency: str
    amount: Decimal


Accounts = defaultdict[str, Account]
