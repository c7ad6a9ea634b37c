"""Every indicator once more, by its plain definition in exact arithmetic."""

from collections.abc import Callable
from math import isqrt
from typing import Any

from tests.market.exact import Exact, highest, log_ratio, lowest, of, root
from tests.market.exact_parts import (
    Bars,
    Column,
    back,
    bottoms,
    changes,
    deviation,
    each,
    ema,
    mean,
    over,
    place,
    ranges,
    ratio,
    smoothed,
    together,
    tops,
    total,
    typical,
    weighted,
    wilder,
)
from tests.market.exact_trails import psar, supertrend


def means(b: Bars, window: int) -> tuple[Column, Column, Column]:
    first = ema(b["close"], window)
    second = ema(first, window)
    return first, second, ema(second, window)


def dema(b: Bars, window: int) -> list[Column]:
    first, second, _ = means(b, window)
    return [each(lambda x, y: 2 * x - y, first, second)]


def tema(b: Bars, window: int) -> list[Column]:
    return [each(lambda x, y, z: 3 * x - 3 * y + z, *means(b, window))]


def trix(b: Bars, window: int) -> list[Column]:
    third = means(b, window)[2]
    return [each(lambda now, last: 100 * (now - last) / last, third, back(third, 1))]


def hma(b: Bars, window: int) -> list[Column]:
    fast, slow = weighted(b["close"], window // 2), weighted(b["close"], window)
    return [weighted(each(lambda x, y: 2 * x - y, fast, slow), isqrt(window))]


def kama(b: Bars, window: int, fast: int, slow: int) -> list[Column]:
    x, rows, now = b["close"], [], b["close"][window - 1]
    slowest = of(2) / (slow + 1)
    reach = of(2) / (fast + 1) - slowest
    moves = over([abs(one) if one else one for one in changes(x)], window, total)
    for t in range(window, len(x)):
        way, path = abs(x[t] - x[t - window]), moves[t]
        pace = (of(1) if path == 0 else way / path) * reach + slowest
        now = now * (1 - pace * pace) + x[t] * (pace * pace)
        rows.append(now)
    return [[None] * window + rows]


def gains(b: Bars, window: int) -> tuple[Column, Column]:
    moves = changes(b["close"])
    up = [one if one is None or one > 0 else of(0) for one in moves]
    down = [one if one is None else -one if one < 0 else of(0) for one in moves]
    return wilder(up, window), wilder(down, window)


def rsi(b: Bars, window: int) -> list[Column]:
    return [each(lambda up, down: ratio(100 * up, up + down), *gains(b, window))]


def cmo(b: Bars, window: int) -> list[Column]:
    return [each(lambda up, down: ratio(100 * (up - down), up + down), *gains(b, window))]


def stochrsi(b: Bars, window: int, fast: int, smooth: int) -> list[Column]:
    (index,) = rsi(b, window)
    there = [t for t, one in enumerate(index) if one is not None]
    x: Column = [index[t] for t in there]
    k = place(x, tops(x, fast), bottoms(x, fast))
    d = over(k, smooth, mean)
    rows: list[Column] = [[None] * len(index), [None] * len(index)]
    for at, t in enumerate(there):
        if at >= fast + smooth - 2:
            rows[0][t], rows[1][t] = k[at], d[at]
    return rows


def apo(b: Bars, fast: int, slow: int) -> list[Column]:
    return [each(lambda x, y: x - y, ema(b["close"], fast), ema(b["close"], slow))]


def ppo(b: Bars, fast: int, slow: int) -> list[Column]:
    means = ema(b["close"], fast), ema(b["close"], slow)
    return [each(lambda x, y: ratio(100 * (x - y), y), *means)]


def macd(b: Bars, fast: int, slow: int, signal: int) -> list[Column]:
    late: Column = [None] * (slow - fast) + b["close"][slow - fast :]
    line = each(lambda x, y: x - y, ema(late, fast), ema(b["close"], slow))
    middle = ema(line, signal)
    return together(line, middle, each(lambda x, y: x - y, line, middle))


def stoch(b: Bars, window: int, smooth: int, signal: int) -> list[Column]:
    raw = place(b["close"], tops(b["high"], window), bottoms(b["low"], window))
    k = over(raw, smooth, mean)
    d = over(k, signal, mean)
    start = window + smooth + signal - 3
    return [[None] * start + x[start:] for x in (k, d)]


def willr(b: Bars, window: int) -> list[Column]:
    found = place(b["close"], tops(b["high"], window), bottoms(b["low"], window))
    return [each(lambda x: x - 100, found)]


def cci(b: Bars, window: int) -> list[Column]:
    def make(part: list[Exact]) -> Exact | None:
        middle = mean(part)
        apart = mean([abs(one - middle) for one in part])
        return ratio((part[-1] - middle) * 200, apart * 3)

    return [over(typical(b), window, make)]


def ultosc(b: Bars, *windows: int) -> list[Column]:
    before = back(b["close"], 1)
    low, high = each(lowest, b["low"], before), each(highest, b["high"], before)
    pressure = each(lambda x, y: x - y, b["close"], low)
    reach = each(lambda x, y: x - y, high, low)
    parts = [
        each(ratio, over(pressure, window, total), over(reach, window, total)) for window in windows
    ]
    return [each(lambda x, y, z: 100 * (4 * x + 2 * y + z) / 7, *parts)]


def bbands(b: Bars, window: int, width: Any) -> list[Column]:
    middle = over(b["close"], window, mean)
    reach = [None if one is None else root(one) * width for one in deviation(b["close"], window)]
    add, take = each(lambda x, y: x + y, middle, reach), each(lambda x, y: x - y, middle, reach)
    return [add, middle, take]


def keltner(b: Bars, window: int, width: Any, span: int) -> list[Column]:
    middle, reach = ema(b["close"], window), wilder(ranges(b), span)
    add = each(lambda x, y: x + width * y, middle, reach)
    take = each(lambda x, y: x - width * y, middle, reach)
    return together(add, middle, take)


def channel(b: Bars, window: int) -> list[Column]:
    top, bottom = tops(b["high"], window), bottoms(b["low"], window)
    return [top, each(lambda x, y: (x + y) / 2, top, bottom), bottom]


def ichimoku(b: Bars, *params: int) -> list[Column]:
    *windows, shift = params
    fast, slow, span = [channel(b, window)[1] for window in windows]
    early = each(lambda x, y: (x + y) / 2, fast, slow)
    return together(fast, slow, back(early, shift), back(span, shift))


def parkinson(b: Bars, window: int) -> list[Column]:
    four = 4 * log_ratio(of(2), of(1))
    spans = each(log_ratio, b["high"], b["low"])
    squares = over(each(lambda x: x * x, spans), window, mean)
    return [each(lambda x: root(x / four), squares)]


def garman_klass(b: Bars, window: int) -> list[Column]:
    share = 2 * log_ratio(of(2), of(1)) - 1
    spans, moves = each(log_ratio, b["high"], b["low"]), each(log_ratio, b["close"], b["open"])
    terms = each(lambda x, y: x * x / 2 - share * (y * y), spans, moves)
    return [each(root, over(terms, window, mean))]


def yang_zhang(b: Bars, window: int) -> list[Column]:
    gap = each(log_ratio, b["open"], back(b["close"], 1))
    move = each(log_ratio, b["close"], b["open"])

    def satchell(o: Exact, h: Exact, low: Exact, c: Exact) -> Exact:
        return log_ratio(h, c) * log_ratio(h, o) + log_ratio(low, c) * log_ratio(low, o)

    drift = each(satchell, b["open"], b["high"], b["low"], b["close"])
    k = of(34) / (134 + of(100 * (window + 1)) / (window - 1))
    sample = of(window) / (window - 1)

    def make(gaps: Exact, moves: Exact, drifts: Exact) -> Exact:
        return root(sample * (gaps + k * moves) + (1 - k) * drifts)

    return [each(make, deviation(gap, window), deviation(move, window), over(drift, window, mean))]


def directions(b: Bars, window: int) -> tuple[Column, Column]:
    rise = changes(b["high"])
    fall = [None if one is None else -one for one in changes(b["low"])]
    up = each(lambda x, y: x if x > 0 and x > y else of(0), rise, fall)
    down = each(lambda x, y: y if y > 0 and y > x else of(0), rise, fall)
    sums, wide = [[of(0)] * 3], ranges(b)
    for t in range(1, len(rise)):
        stay = 1 - of(1) / window if t >= window else of(1)
        now = up[t], down[t], wide[t]
        sums.append([x * stay + y for x, y in zip(sums[-1], now, strict=True)])
    warm = [None if t < window else one for t, one in enumerate(sums)]
    plus = [one and ratio(100 * one[0], one[2]) for one in warm]
    return plus, [one and ratio(100 * one[1], one[2]) for one in warm]


def adx(b: Bars, window: int) -> list[Column]:
    apart = each(lambda p, m: ratio(100 * abs(p - m), p + m), *directions(b, window))
    return [wilder(apart, window)]


def adxr(b: Bars, window: int) -> list[Column]:
    (now,) = adx(b, window)
    return [each(lambda x, y: (x + y) / 2, now, back(now, window - 1))]


def vortex(b: Bars, window: int) -> list[Column]:
    up = each(lambda x, y: abs(x - y), b["high"], back(b["low"], 1))
    down = each(lambda x, y: abs(x - y), b["low"], back(b["high"], 1))
    wide = over(ranges(b), window, total)
    return [each(ratio, over(x, window, total), wide) for x in (up, down)]


def newness(x: Column, window: int) -> Column:
    def make(part: list[Exact]) -> Exact:
        age = part[::-1].index(highest(*part))
        return of(100) * (window - age) / window

    return over(x, window + 1, make)


def aroon(b: Bars, window: int) -> list[Column]:
    return [newness([-one for one in b["low"]], window), newness(b["high"], window)]


def slope(b: Bars, window: int) -> list[Column]:
    spread = of(window * (window * window - 1)) / 12

    def make(part: list[Exact]) -> Exact:
        return total([one * (of(2 * k - window + 1) / 2) for k, one in enumerate(part)]) / spread

    return [over(b["close"], window, make)]


def running(x: list[Exact]) -> Column:
    sums = [x[0]]
    for one in x[1:]:
        sums.append(sums[-1] + one)
    return sums


def obv(b: Bars) -> list[Column]:
    moves = changes(b["close"])[1:]
    signed = [
        v if m > 0 else -v if m < 0 else of(0) for v, m in zip(b["volume"][1:], moves, strict=True)
    ]
    return [running([b["volume"][0], *signed])]


def flows(b: Bars) -> Column:
    def make(h: Exact, low: Exact, c: Exact, v: Exact) -> Exact:
        return of(0) if h == low else ((c - low) - (h - c)) / (h - low) * v

    return each(make, b["high"], b["low"], b["close"], b["volume"])


def chaikin(b: Bars, fast: int, slow: int) -> list[Column]:
    x = running(flows(b))
    quick, slowly = (smoothed(x, 1, of(2) / (window + 1)) for window in (fast, slow))
    line = each(lambda p, q: p - q, quick, slowly)
    return [[None] * (slow - 1) + line[slow - 1 :]]


def mfi(b: Bars, window: int) -> list[Column]:
    price = typical(b)
    moves = changes(price)
    money = each(lambda x, v: x * v, price, b["volume"])
    up = each(lambda x, m: x if m > 0 else of(0), money, moves)
    down = each(lambda x, m: x if m < 0 else of(0), money, moves)
    sums = over(up, window, total), over(down, window, total)
    return [each(lambda x, y: ratio(100 * x, x + y), *sums)]


def by_volume(price: Column, b: Bars, window: int) -> Column:
    money = each(lambda x, v: x * v, price, b["volume"])
    return each(ratio, over(money, window, total), over(b["volume"], window, total))


def cmf(b: Bars, window: int) -> list[Column]:
    return [each(ratio, over(flows(b), window, total), over(b["volume"], window, total))]


EXACT: dict[str, Callable[..., list[Column]]] = {
    **{f.__name__: f for f in (dema, tema, trix, hma, kama, rsi, cmo, stochrsi, apo, ppo, macd)},
    **{f.__name__: f for f in (stoch, willr, cci, ultosc, bbands, keltner, ichimoku, parkinson)},
    **{f.__name__: f for f in (garman_klass, yang_zhang, adx, adxr, vortex, aroon, slope, obv)},
    **{f.__name__: f for f in (chaikin, mfi, cmf, psar, supertrend)},
    "sma": lambda b, window: [over(b["close"], window, mean)],
    "ema": lambda b, window: [ema(b["close"], window)],
    "wma": lambda b, window: [weighted(b["close"], window)],
    "vwma": lambda b, window: [by_volume(b["close"], b, window)],
    "vwap": lambda b, window: [by_volume(typical(b), b, window)],
    "roc": lambda b, n: [each(lambda x, y: 100 * (x - y) / y, b["close"], back(b["close"], n))],
    "mom": lambda b, n: [each(lambda x, y: x - y, b["close"], back(b["close"], n))],
    "bop": lambda b: [
        each(
            lambda o, h, low, c: ratio(c - o, h - low),
            *[b[x] for x in ("open", "high", "low", "close")],
        )
    ],
    "trange": lambda b: [ranges(b)],
    "atr": lambda b, window: [wilder(ranges(b), window)],
    "natr": lambda b, window: [
        each(lambda x, c: 100 * x / c, wilder(ranges(b), window), b["close"])
    ],
    "stddev": lambda b, window: [each(root, deviation(b["close"], window))],
    "donchian": channel,
    "plus_di": lambda b, window: [directions(b, window)[0]],
    "minus_di": lambda b, window: [directions(b, window)[1]],
    "ad": lambda b: [running(flows(b))],
}
