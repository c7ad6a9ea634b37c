"""A portfolio: its books in Decimal, and the risk, return and attribution of it in float64.

Money that is booked is Decimal and exact; figures about it are float64. Optimisation is in
``portfolio.optimise``, risk of given weights in ``portfolio.risk`` and ``portfolio.stress``.
"""

from market.portfolio.accounts import Account, Receivable
from market.portfolio.attribution import Brinson, FactorAttribution, brinson, factor_attribution
from market.portfolio.ledger import Ledger
from market.portfolio.lots import Lot, Lots
from market.portfolio.returns import money_weighted_return, period_returns, time_weighted_return
from market.portfolio.transactions import Conversion, Trade, Transaction, Transfer
from market.portfolio.valuation import Change, Side, Valuation, change, value

__all__ = [
    "Account",
    "Brinson",
    "Change",
    "Conversion",
    "FactorAttribution",
    "Ledger",
    "Lot",
    "Lots",
    "Receivable",
    "Side",
    "Trade",
    "Transaction",
    "Transfer",
    "Valuation",
    "brinson",
    "change",
    "factor_attribution",
    "money_weighted_return",
    "period_returns",
    "time_weighted_return",
    "value",
]
