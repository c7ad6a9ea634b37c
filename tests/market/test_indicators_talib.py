"""Each indicator that TA-Lib has, against TA-Lib: same warm-up, rtol 1e-9 or 1e-9 of the scale."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import talib

from market.indicators import names, parse
from tests.market.indicator_bars import walk

BARS = walk(11, 1500)
O, H, L, C, V = (BARS[name] for name in ("open", "high", "low", "close", "volume"))  # noqa: E741

REFERENCES = {
    "sma:20": lambda b: talib.SMA(b.close, 20),
    "ema:20": lambda b: talib.EMA(b.close, 20),
    "wma:20": lambda b: talib.WMA(b.close, 20),
    "dema:20": lambda b: talib.DEMA(b.close, 20),
    "tema:20": lambda b: talib.TEMA(b.close, 20),
    "kama:30": lambda b: talib.KAMA(b.close, 30),
    "trix:15": lambda b: talib.TRIX(b.close, 15),
    "rsi:14": lambda b: talib.RSI(b.close, 14),
    "macd:12:26:9": lambda b: talib.MACD(b.close, 12, 26, 9),
    "macd:5:35:5": lambda b: talib.MACD(b.close, 5, 35, 5),
    "apo:12:26": lambda b: talib.APO(b.close, 12, 26, talib.MA_Type.EMA),
    "ppo:12:26": lambda b: talib.PPO(b.close, 12, 26, talib.MA_Type.EMA),
    "ppo:3:10": lambda b: talib.PPO(b.close, 3, 10, talib.MA_Type.EMA),
    "cmo:14": lambda b: talib.CMO(b.close, 14),
    "bop": lambda b: talib.BOP(b.open, b.high, b.low, b.close),
    "stoch:14:3:3": lambda b: talib.STOCH(b.high, b.low, b.close, 14, 3, 0, 3, 0),
    "stochrsi:14:5:3": lambda b: talib.STOCHRSI(b.close, 14, 5, 3, 0),
    "cci:20": lambda b: talib.CCI(b.high, b.low, b.close, 20),
    "roc:10": lambda b: talib.ROC(b.close, 10),
    "mom:10": lambda b: talib.MOM(b.close, 10),
    "willr:14": lambda b: talib.WILLR(b.high, b.low, b.close, 14),
    "ultosc:7:14:28": lambda b: talib.ULTOSC(b.high, b.low, b.close, 7, 14, 28),
    "trange": lambda b: talib.TRANGE(b.high, b.low, b.close),
    "atr:14": lambda b: talib.ATR(b.high, b.low, b.close, 14),
    "natr:14": lambda b: talib.NATR(b.high, b.low, b.close, 14),
    "bbands:20:2.5": lambda b: talib.BBANDS(b.close, 20, 2.5, 2.5),
    "stddev:20": lambda b: talib.STDDEV(b.close, 20),
    "donchian:20": lambda b: (
        talib.MAX(b.high, 20),
        talib.MIDPRICE(b.high, b.low, 20),
        talib.MIN(b.low, 20),
    ),
    "adx:14": lambda b: talib.ADX(b.high, b.low, b.close, 14),
    "adxr:14": lambda b: talib.ADXR(b.high, b.low, b.close, 14),
    "adxr:2": lambda b: talib.ADXR(b.high, b.low, b.close, 2),
    "plus_di:14": lambda b: talib.PLUS_DI(b.high, b.low, b.close, 14),
    "minus_di:14": lambda b: talib.MINUS_DI(b.high, b.low, b.close, 14),
    "aroon:14": lambda b: talib.AROON(b.high, b.low, 14),
    "psar:0.02:0.2": lambda b: talib.SAR(b.high, b.low, 0.02, 0.2),
    "slope:14": lambda b: talib.LINEARREG_SLOPE(b.close, 14),
    "obv": lambda b: talib.OBV(b.close, b.volume),
    "mfi:14": lambda b: talib.MFI(b.high, b.low, b.close, b.volume, 14),
    "ad": lambda b: talib.AD(b.high, b.low, b.close, b.volume),
    "chaikin:3:10": lambda b: talib.ADOSC(b.high, b.low, b.close, b.volume, 3, 10),
}


def agree(name, expected, bars=BARS):
    found = parse(name).batch(**bars).reshape(len(bars["close"]), -1)
    columns = expected if isinstance(expected, (tuple, list)) else (expected,)
    assert found.shape[1] == len(columns)
    for column, reference in zip(found.T, columns, strict=True):
        scale = np.nanmax(np.abs(reference), initial=0.0)
        np.testing.assert_array_equal(np.isnan(column), np.isnan(reference))
        np.testing.assert_allclose(column, reference, rtol=1e-9, atol=1e-9 * scale)


@pytest.mark.parametrize("name", REFERENCES)
def test_values_and_warm_up_are_those_of_ta_lib(name):
    agree(name, REFERENCES[name](SimpleNamespace(**BARS)))


@pytest.mark.parametrize("name", REFERENCES)
def test_they_are_on_200_series_long_and_short_of_prices_small_and_large(name):
    draws = np.random.default_rng(5)
    for seed in range(200):
        scale = 10.0 ** draws.uniform(-4, 3)  # prices about 0.01 to 100,000
        bars = walk(seed, int(draws.integers(2, 300)))
        bars = {f: v if f == "volume" else v * scale for f, v in bars.items()}
        agree(name, REFERENCES[name](SimpleNamespace(**bars)), bars)


def rolling(values, window):
    return pd.Series(values).rolling(window)


def hull(window):
    inner = 2 * talib.WMA(C, window // 2) - talib.WMA(C, window)
    smooth = math.isqrt(window)
    weights = np.arange(1, smooth + 1)
    return rolling(inner, smooth).apply(lambda x: x @ weights / weights.sum(), raw=True).to_numpy()


def keltner():
    middle, reach = talib.EMA(C, 20), 2 * talib.ATR(H, L, C, 10)
    return middle + reach, middle, middle - reach


def yang_zhang(window):
    gap = np.r_[np.nan, np.log(O[1:] / C[:-1])]
    move = np.log(C / O)
    drift = np.log(H / C) * np.log(H / O) + np.log(L / C) * np.log(L / O)
    drift[0] = np.nan
    k = 0.34 / (1.34 + (window + 1) / (window - 1))
    move[0] = np.nan
    parts = rolling(gap, window).var() + k * rolling(move, window).var()
    return np.sqrt(parts + (1 - k) * rolling(drift, window).mean()).to_numpy()


def garman_klass(window):
    term = 0.5 * np.log(H / L) ** 2 - (2 * np.log(2) - 1) * np.log(C / O) ** 2
    return np.sqrt(rolling(term, window).mean()).to_numpy()


def parkinson(window):
    return np.sqrt(rolling(np.log(H / L) ** 2, window).mean() / (4 * np.log(2))).to_numpy()


def ichimoku():
    def middle(window):
        return (rolling(H, window).max() + rolling(L, window).min()) / 2

    lines = pd.concat(
        [middle(9), middle(26), ((middle(9) + middle(26)) / 2).shift(26), middle(52).shift(26)],
        axis=1,
    )
    lines[lines.isna().any(axis=1)] = np.nan
    return tuple(lines.to_numpy().T)


def supertrend(window, width):
    """The rule as its users write it, bar by bar."""
    reach = width * talib.ATR(H, L, C, window)
    band, side = np.full(len(C), np.nan), np.full(len(C), np.nan)
    upper = lower = None
    for t in range(window, len(C)):
        up, down = (H[t] + L[t]) / 2 + reach[t], (H[t] + L[t]) / 2 - reach[t]
        if upper is not None:
            up = up if up < upper or C[t - 1] > upper else upper
            down = down if down > lower or C[t - 1] < lower else lower
        side[t] = 1 if t == window else side[t - 1]
        if side[t] > 0 and C[t] < down and t > window:
            side[t] = -1
        elif side[t] < 0 and C[t] > up:
            side[t] = 1
        band[t] = down if side[t] > 0 else up
        upper, lower = up, down
    return band, side


def vortex(window):
    reach = np.maximum(H[1:], C[:-1]) - np.minimum(L[1:], C[:-1])
    up, down = np.abs(H[1:] - L[:-1]), np.abs(L[1:] - H[:-1])

    def sums(values):
        return np.r_[[np.nan] * window, np.convolve(values, np.ones(window), "valid")]

    return sums(up) / sums(reach), sums(down) / sums(reach)


def weighted(price, window):
    return (rolling(price * V, window).sum() / rolling(V, window).sum()).to_numpy()


PLAIN = {
    "hma:20": lambda: hull(20),
    "hma:9": lambda: hull(9),
    "vwma:20": lambda: weighted(C, 20),
    "vwap:20": lambda: weighted((H + L + C) / 3, 20),
    "keltner:20:2:10": keltner,
    "parkinson:20": lambda: parkinson(20),
    "garman_klass:20": lambda: garman_klass(20),
    "yang_zhang:20": lambda: yang_zhang(20),
    "ichimoku:9:26:52:26": ichimoku,
    "supertrend:10:3": lambda: supertrend(10, 3),
    "vortex:14": lambda: vortex(14),
    "vortex:2": lambda: vortex(2),
    "cmf:20": (rolling((2 * C - H - L) / (H - L) * V, 20).sum() / rolling(V, 20).sum()).to_numpy,
}


@pytest.mark.parametrize("name", PLAIN)
def test_what_ta_lib_lacks_equals_its_definition(name):
    agree(name, PLAIN[name]())


def test_every_indicator_has_a_reference():
    assert {name.partition(":")[0] for name in (*REFERENCES, *PLAIN)} == set(names())


def test_the_exceptions_are_as_the_table_says():
    """Where the definition divides by zero TA-Lib answers a number, and we nothing."""
    flat = np.full(60, 5.0)
    bars = {"open": flat, "high": flat, "low": flat, "close": flat, "volume": flat}
    assert talib.RSI(flat, 14)[-1] == 0.0
    assert talib.MFI(flat, flat, flat, flat, 14)[-1] == 0.0
    assert talib.WILLR(flat, flat, flat, 14)[-1] == 0.0
    assert talib.CMO(flat, 14)[-1] == talib.BOP(flat, flat, flat, flat)[-1] == 0.0
    mean = parse("ema:5").batch(C) - parse("ema:9").batch(C)
    np.testing.assert_allclose(parse("apo:5:9").batch(C), mean, rtol=1e-12, atol=1e-12)
    holed = C.copy()
    holed[500] = np.nan
    assert np.isnan(talib.EMA(holed, 20)[500:]).all()
    assert np.isnan(parse("ema:20").batch(holed)).sum() == 19 + 1
    for name in (
        "rsi",
        "mfi",
        "willr",
        "stoch",
        "stochrsi",
        "cci",
        "ultosc",
        "adx",
        "plus_di",
        "adxr",
        "cmo",
        "bop",
        "vortex",
    ):
        assert np.isnan(parse(name).batch(**bars)).all(), name
