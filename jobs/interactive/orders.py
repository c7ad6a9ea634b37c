"""Orders of a backtest as a dated table, from what its strategy wanted at each close."""

import numpy as np
import pandas as pd

from jobs.interactive.question import Question
from market.arrays import Floats
from market.backtest import Panel, Sleeves
from market.backtest.modes import fill_prices
from market.backtest.seen import wanted_shares

COLUMNS = ("instrument_id", "decided", "filled", "side", "share", "price")


def orders(question: Question, sleeves: Sleeves) -> pd.DataFrame:
    """One row an order, by instrument and date: `share` is that of the sleeve's equity it aims at."""
    panel = sleeves.panel
    wanted = wanted_shares(question.strategy, question.panel)
    wanted = wanted[:, question.panel.close.shape[1] - panel.close.shape[1] :]
    prices = fill_prices(panel, question.mode)
    parts = [
        _of_one(panel, row, wanted[row], prices[row]) for row in range(len(panel.instrument_ids))
    ]
    return pd.concat(parts, ignore_index=True)


def _of_one(panel: Panel, row: int, wanted: Floats, price: Floats) -> pd.DataFrame:
    bars, session = np.flatnonzero(~np.isnan(panel.close[row])), panel.session
    share = wanted[bars]
    before = np.append(0.0, share[:-1])
    decided = np.flatnonzero(share != before)
    # The next bar of its own; the last has none.
    last = decided == len(bars) - 1
    fill = bars[np.where(last, decided, decided + 1)]
    filled = session[fill].astype("datetime64[ns]")
    filled[last] = np.datetime64("NaT")
    columns = {
        "instrument_id": panel.instrument_ids[row],
        "decided": session[bars[decided]].astype("datetime64[ns]"),
        "filled": filled,
        "side": np.where(share[decided] > before[decided], "buy", "sell"),
        "share": share[decided],
        "price": np.where(last, np.nan, price[fill]),
    }
    return pd.DataFrame(columns, columns=list(COLUMNS))
