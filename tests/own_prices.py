"""Prices of one's own as people have them, and ideas to try on them: two tests walk the same ones."""

import csv
from datetime import date

import numpy as np

from market.calendar import get_calendar

FIRST, LAST, GONE, SPLIT = "2019-01-02", "2021-12-31", "2020-09-30", "2020-06-15"
ACTIONS = f"""symbol,kind,ex_date,ratio,value
BETA,split,{SPLIT},2,
GONE,delisting,2020-10-01,,41.5
"""
IDEAS = """
import numpy as np
from market.strategies import Float, Int, Strategy

class Above(Strategy):
    window, share = Int(20, 5, 250), Float(1.0, 0.1, 1.0)
    inputs = "close", "sma:{window}"

    def target(self, x):
        return np.where(x[0] > x[1], self.share, 0.0)

class Strongest(Strategy):
    lookback = Int(60, 5, 250)
    inputs = ("roc:{lookback}",)
    rebalance = "month-end"

    def weights(self, x, book):
        known = ~np.isnan(x[0]) & ~np.isnan(book.closes[-1])
        wanted = np.zeros(len(x[0]))
        if known.any():
            wanted[np.argmax(np.where(known, x[0], -np.inf))] = 1.0
        return wanted
"""


def write_prices(path, seed, *, split=None, until=LAST):
    """Newest day first, some days missing, some closes blank; raw through a split."""
    days = get_calendar("XNYS").sessions(date.fromisoformat(FIRST), date.fromisoformat(until))
    rng = np.random.default_rng(seed)
    close = 50.0 * np.exp(np.cumsum(rng.normal(0.0005, 0.02, len(days))))
    close /= np.where(days >= np.datetime64(split), 2.0, 1.0) if split else 1.0
    opens = close * np.exp(rng.normal(0, 0.005, len(days)))
    kept = rng.random(len(days)) > 0.02
    kept[[0, -1]] = True
    if split:
        kept |= np.abs((days - np.datetime64(split)).astype(int)) < 5
    rows = [
        [str(day), f"{a:.2f}", f"{max(a, b):.2f}", f"{min(a, b):.2f}", f"{b:.2f}", 1000]
        for day, a, b in zip(days[kept], opens[kept], close[kept], strict=True)
    ]
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows(
            [["Date", "Open", "High", "Low", "Close", "Volume"], *rows[::-1]]
        )


def write_folder(folder):
    """Prices of three shares, what happened to them, and the ideas; the words that take them in."""
    write_prices(folder / "ALFA.csv", 1)
    write_prices(folder / "BETA.csv", 2, split=SPLIT)
    write_prices(folder / "GONE.csv", 3, until=GONE)
    (folder / "actions.csv").write_text(ACTIONS)
    (folder / "ideas.py").write_text(IDEAS)
    files = [str(folder / f"{name}.csv") for name in ("ALFA", "BETA", "GONE")]
    words = ["data", "ingest", "--dataset", "walked", "--files", *files]
    return [*words, "--actions", str(folder / "actions.csv")]
