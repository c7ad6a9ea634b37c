"""A feature of your own: `trii leak-check trend_strength:trend_strength` finds no look-ahead in it."""

import pandas as pd


def trend_strength(bars: pd.DataFrame) -> pd.Series:
    """Distance of the close from its mean of 50 sessions, in standard deviations."""
    window = bars["close"].rolling(50)
    return (bars["close"] - window.mean()) / window.std()
