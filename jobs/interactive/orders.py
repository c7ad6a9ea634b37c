"""Orders of a backtest as a dated table, from what its strategy wanted at each close."""

import numpy as np
import pandas as pd

from jobs.interactive.question import Question
from market.arrays import Days, Floats, RowNumbers
from market.backtest import Panel, Sleeves
from market.backtest.modes import fill_prices
from market.backtest.orders import Orders
from market.backtest.seen import wanted_shares

COLUMNS = ("instrument_id", "decided", "filled", "side", "share", "price")


def orders(question: Question, sleeves: Sleeves) -> pd.DataFrame:
    """One row an order, by instrument and date.

    `share` is what it aims at: of the sleeve's equity, and on one account of the equity of all.
    """
    panel = sleeves.panel
    prices = fill_prices(panel, question.mode)
    if sleeves.orders is not None:
        return _of_account(panel, sleeves.orders, prices)
    wanted = wanted_shares(question.strategy, question.panel)
    wanted = wanted[:, question.panel.close.shape[1] - panel.close.shape[1] :]
    parts = [
        _of_one(panel, row, wanted[row], prices[row]) for row in range(len(panel.instrument_ids))
    ]
    return pd.concat(parts, ignore_index=True)


def _of_one(panel: Panel, row: int, wanted: Floats, price: Floats) -> pd.DataFrame:
    bars = np.flatnonzero(~np.isnan(panel.close[row]))
    share = wanted[bars]
    before = np.append(0.0, share[:-1])
    decided = np.flatnonzero(share != before)
    # The next bar of its own; the last has none.
    last = decided == len(bars) - 1
    fill = bars[np.where(last, decided, decided + 1)]
    columns = {
        "instrument_id": panel.instrument_ids[row],
        "decided": _dates(panel.session, bars[decided]),
        "filled": _dates(panel.session, np.where(last, -1, fill)),
        "side": _sides(share[decided] - before[decided]),
        "share": share[decided],
        "price": np.where(last, np.nan, price[fill]),
    }
    return pd.DataFrame(columns, columns=list(COLUMNS))


def _of_account(panel: Panel, found: Orders, prices: Floats) -> pd.DataFrame:
    ids = np.array(panel.instrument_ids, dtype=object)
    columns = {
        "instrument_id": ids[found["row"]],
        "decided": _dates(panel.session, found["decided"]),
        "filled": _dates(panel.session, found["filled"]),
        "side": _sides(found["change"]),
        "share": found["share"],
        "price": np.where(found["filled"] < 0, np.nan, prices[found["row"], found["filled"]]),
    }
    return pd.DataFrame(columns, columns=list(COLUMNS))


def _dates(session: Days, at: RowNumbers) -> np.ndarray:
    """The dates of some sessions; none of -1."""
    dates = session[at].astype("datetime64[ns]")
    dates[at < 0] = np.datetime64("NaT")
    return dates


def _sides(change: Floats) -> np.ndarray:
    return np.where(change > 0.0, "buy", "sell")
