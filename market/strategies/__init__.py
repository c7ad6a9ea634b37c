"""Strategies: declared inputs and parameters, and a target that cannot see the future."""

from market.strategies.base import Strategy
from market.strategies.parameters import Float, Int
from market.strategies.registry import BASELINE, find_strategy, make_strategy, strategy_names

__all__ = [
    "BASELINE",
    "Float",
    "Int",
    "Strategy",
    "find_strategy",
    "make_strategy",
    "strategy_names",
]
