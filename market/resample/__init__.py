"""Bars of a longer timeframe from shorter ones."""

from market.resample.longer import resample

__all__ = ["resample"]
