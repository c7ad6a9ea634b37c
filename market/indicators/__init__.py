"""Technical indicators as recurrences: one definition for batches, live steps and backtests."""

from market.indicators.core.indicator import Indicator
from market.indicators.registry import describe, names, parse

__all__ = ["Indicator", "describe", "names", "parse"]
