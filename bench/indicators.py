"""Indicators against TA-Lib, pandas and talipp in one run: times and ratios.

    pip install -r bench/requirements.txt; python bench/indicators.py

First every indicator that TA-Lib has, one series a call, and the rows of the pages that tell of it.
Then a set of six over 100 series: ours in
one pass over the panel, the peers in a call for each series and indicator, as they are used. There
each has a process of its own: what one frees, the allocator keeps for the next, and new memory costs
TA-Lib's 900 small results more than its arithmetic. A second line has it where it finds that memory.
"""

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import pairwise
from multiprocessing import get_context
from statistics import median

import numpy as np
import pandas as pd
import talib
from talipp import indicators as talipp
from talipp.ohlcv import OHLCV

from market.indicators import parse
from market.indicators.panel import batch_panel

SERIES, BARS, ROUNDS = 100, 2520, 60
SIX = ("sma:20", "ema:20", "rsi:14", "macd:12:26:9", "atr:14", "bbands:20:2")
BANDS = (0.0, 1.03, 1.5, float("inf"))
FIELDS = ("open", "high", "low", "close", "volume")


def main() -> None:
    """Print the tables."""
    single(make_panel())
    six()


def make_panel() -> dict[str, np.ndarray]:
    """Bars of SERIES instruments: random walks with ranges and volume."""
    draws = np.random.default_rng(7)
    shape = (SERIES, BARS)
    close = 100 * np.exp(draws.normal(0, 0.01, shape).cumsum(axis=1))
    start = close * np.exp(draws.normal(0, 0.005, shape))
    high = np.maximum(start, close) * (1 + draws.uniform(0, 0.01, shape))
    low = np.minimum(start, close) * (1 - draws.uniform(0, 0.01, shape))
    volume = draws.uniform(1e3, 1e6, shape).round()
    return dict(zip(FIELDS, (start, high, low, close, volume), strict=True))


def peers(b: dict[str, np.ndarray]) -> dict[str, Callable[[], object]]:
    """The calls of TA-Lib on the bars of one series."""
    o, h, l, c, v = (b[name] for name in FIELDS)  # noqa: E741 -- as TA-Lib names them
    mean = talib.MA_Type.EMA
    return {
        "sma:20": lambda: talib.SMA(c, 20),
        "ema:20": lambda: talib.EMA(c, 20),
        "wma:20": lambda: talib.WMA(c, 20),
        "dema:20": lambda: talib.DEMA(c, 20),
        "tema:20": lambda: talib.TEMA(c, 20),
        "kama:30": lambda: talib.KAMA(c, 30),
        "trix:15": lambda: talib.TRIX(c, 15),
        "rsi:14": lambda: talib.RSI(c, 14),
        "macd:12:26:9": lambda: talib.MACD(c, 12, 26, 9),
        "stoch:14:3:3": lambda: talib.STOCH(h, l, c, 14, 3, 0, 3, 0),
        "stochrsi:14:5:3": lambda: talib.STOCHRSI(c, 14, 5, 3, 0),
        "cci:20": lambda: talib.CCI(h, l, c, 20),
        "roc:10": lambda: talib.ROC(c, 10),
        "mom:10": lambda: talib.MOM(c, 10),
        "willr:14": lambda: talib.WILLR(h, l, c, 14),
        "ultosc:7:14:28": lambda: talib.ULTOSC(h, l, c, 7, 14, 28),
        "trange": lambda: talib.TRANGE(h, l, c),
        "atr:14": lambda: talib.ATR(h, l, c, 14),
        "natr:14": lambda: talib.NATR(h, l, c, 14),
        "bbands:20:2": lambda: talib.BBANDS(c, 20, 2, 2),
        "stddev:20": lambda: talib.STDDEV(c, 20),
        "adx:14": lambda: talib.ADX(h, l, c, 14),
        "plus_di:14": lambda: talib.PLUS_DI(h, l, c, 14),
        "aroon:14": lambda: talib.AROON(h, l, 14),
        "psar": lambda: talib.SAR(h, l, 0.02, 0.2),
        "slope:14": lambda: talib.LINEARREG_SLOPE(c, 14),
        "obv": lambda: talib.OBV(c, v),
        "mfi:14": lambda: talib.MFI(h, l, c, v, 14),
        "ad": lambda: talib.AD(h, l, c, v),
        "chaikin:3:10": lambda: talib.ADOSC(h, l, c, v, 3, 10),
        "apo:12:26": lambda: talib.APO(c, 12, 26, mean),
        "ppo:12:26": lambda: talib.PPO(c, 12, 26, mean),
        "cmo:14": lambda: talib.CMO(c, 14),
        "adxr:14": lambda: talib.ADXR(h, l, c, 14),
        "bop": lambda: talib.BOP(o, h, l, c),
    }


def single(panel: dict[str, np.ndarray]) -> None:
    """Each indicator over one series; the ratio is our time over TA-Lib's."""
    bars = {name: values[0].copy() for name, values in panel.items()}
    print(f"one series of {BARS} bars, us a call: ours, TA-Lib, ours/TA-Lib")
    ratios: dict[str, float] = {}
    for name, peer in peers(bars).items():
        indicator = parse(name)
        ours, theirs = fastest(lambda one=indicator: one.batch(**bars), peer, calls=5)
        ratios[name.partition(":")[0]] = ours / theirs
        print(f"{name:18}{ours * 1e6:9.1f}{theirs * 1e6:9.1f}{ours / theirs:7.2f}")
    as_told(ratios)


def as_told(ratios: dict[str, float]) -> None:
    """The rows of docs/indicators.md, bands by our time in TA-Lib's, and what docs/benchmarks.md says."""
    ordered = sorted(ratios, key=ratios.__getitem__)
    for low, high in pairwise(BANDS):
        names = [name for name in ordered if low <= ratios[name] < high]
        if names:
            span = f"{ratios[names[0]]:.2g} to {ratios[names[-1]]:.2g}"
            print(f"| {span} | {', '.join(f'`{name}`' for name in names)} |")
    least, most = ordered[0], ordered[-1]
    print(
        f"one series a call, each of {len(ratios)} indicators: {ratios[least]:.2f} (`{least}`) to "
        f"{ratios[most]:.2f} (`{most}`), median {median(ratios.values()):.1f}"
    )


def six() -> None:
    """The set over all series, in turn; talipp, which takes bar by bar, over one series and scaled."""
    works = (with_ours, with_talib, with_talib_in_old_memory, with_pandas, with_talipp)
    workers = [ProcessPoolExecutor(1, get_context("spawn")) for _ in works]
    least = [float("inf")] * len(works)
    for turn in range(ROUNDS + 1):  # the first compiles
        for place, (work, worker) in enumerate(zip(works, workers, strict=True)):
            if work is not with_talipp or turn < 2:
                spent = worker.submit(seconds, work).result()
                least[place] = min(least[place], spent) if turn else least[place]
    ours, *others = least
    others[-1] *= SERIES
    print(f"six over {SERIES} series, ms: ours {ours * 1e3:.1f}")
    titles = ("TA-Lib", "TA-Lib, old memory", "pandas", "talipp, scaled")
    for name, spent in zip(titles, others, strict=True):
        print(f"{name:20}{spent * 1e3:10.1f} ms, {spent / ours:8.1f} times ours")


@cache
def panel_here() -> dict[str, np.ndarray]:
    """The bars, made once in each process."""
    return make_panel()


def seconds(work: Callable[[dict[str, np.ndarray]], object]) -> float:
    """How long one call takes, without the bars and with the results kept until it ends."""
    panel = panel_here()
    started = time.perf_counter()
    kept = work(panel)
    spent = time.perf_counter() - started
    del kept
    return spent


def with_ours(panel: dict[str, np.ndarray]) -> object:
    """One call."""
    return batch_panel(SIX, **panel)


def with_talib(panel: dict[str, np.ndarray]) -> object:
    """All results are kept, as ours are: taking the memory is part of the work."""
    series = [{name: values[row] for name, values in panel.items()} for row in range(SERIES)]
    return [calls[name]() for calls in map(peers, series) for name in SIX]


def with_talib_in_old_memory(panel: dict[str, np.ndarray]) -> object:
    """As a process whose allocator keeps what it was given back, after one large array was freed."""
    np.empty(4_000_000)
    return with_talib(panel)


def with_pandas(panel: dict[str, np.ndarray]) -> None:
    """The same six, with pandas' own seeding, on frames of all series."""
    close, high, low = (pd.DataFrame(panel[name].T) for name in ("close", "high", "low"))
    mean = close.rolling(20).mean()
    deviation = close.rolling(20).std(ddof=0)
    _ = mean + 2 * deviation, mean - 2 * deviation
    close.ewm(span=20, adjust=False).mean()
    change = close.diff()
    gain = change.clip(lower=0).ewm(alpha=1 / 14, adjust=False).mean()
    loss = (-change).clip(lower=0).ewm(alpha=1 / 14, adjust=False).mean()
    _ = 100 * gain / (gain + loss)
    macd = close.ewm(span=12, adjust=False).mean() - close.ewm(span=26, adjust=False).mean()
    _ = macd - macd.ewm(span=9, adjust=False).mean()
    before = close.shift()
    reach = np.maximum(high - low, np.maximum((high - before).abs(), (low - before).abs()))
    reach.ewm(alpha=1 / 14, adjust=False).mean()


def with_talipp(panel: dict[str, np.ndarray]) -> None:
    """The same six over one series."""
    bars = {name: values[0].tolist() for name, values in panel.items()}
    close = bars["close"]
    talipp.SMA(20, close)
    talipp.EMA(20, close)
    talipp.RSI(14, close)
    talipp.MACD(12, 26, 9, close)
    talipp.BB(20, 2, close)
    talipp.ATR(14, [OHLCV(*row) for row in zip(*(bars[name] for name in FIELDS), strict=True)])


def fastest(*works: Callable[[], object], calls: int) -> list[float]:
    """Seconds a call of each, the least of ROUNDS rounds in turn, after one call to warm up."""
    for work in works:
        work()
    least = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for place, work in enumerate(works):
            started = time.perf_counter()
            for _ in range(calls):
                work()
            least[place] = min(least[place], (time.perf_counter() - started) / calls)
    return least


if __name__ == "__main__":
    main()
