"""A feature that leaks: `trii leak-check centred_trend:centred_trend` says from where and how far."""

import pandas as pd


def centred_trend(bars: pd.DataFrame) -> pd.Series:
    """The mean of the ten sessions before a row, the row, and the ten after it: too late to use."""
    return bars["close"].rolling(21, center=True).mean()
