"""Strategies: declared inputs and parameters, and a rule that cannot see the future.

The weights of a portfolio strategy over time are in `strategies.evaluation`, the targets of the
others in `backtest.signals`.
"""

from market.strategies.core.base import Strategy
from market.strategies.core.book import Book
from market.strategies.core.parameters import Float, Int
from market.strategies.registry import BASELINE, find_strategy, make_strategy, strategy_names

__all__ = [
    "BASELINE",
    "Book",
    "Float",
    "Int",
    "Strategy",
    "find_strategy",
    "make_strategy",
    "strategy_names",
]
