"""Rounding is no move: prices in cents, in ties and standing still, however they are scaled.

Every indicator is held to its plain definition in exact arithmetic (``exact_indicators``). What is
missing there is missing, what is level or whole there is so to the last bit, and everything else
lies within the bound of a running error analysis.
"""

from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from market.indicators import names, parse
from tests.market.exact import UNIT, Exact
from tests.market.exact_indicators import EXACT
from tests.market.indicator_bars import FIELDS
from tests.market.test_indicator_properties import small

pytestmark = pytest.mark.no_cover  # thousands of calls of what others cover

SCALES = {
    1.0: Fraction(1),
    2.0: Fraction(2),
    20.0: Fraction(20),
    1 / 3: Fraction(1, 3),
    0.9731: Fraction(9731, 10000),
}
COUNT = 70
AVERAGES = {"sma", "ema", "wma", "hma", "dema", "tema", "kama", "vwma", "vwap"}
# Sums in another order, and forms of a mean with another number of steps, round as often again.
FORMS = 4.0
# An index whose own error is larger can't be told from its neighbours.
KNOWN = 1e-10


@cache
def cents(seed):
    """Whole cents about 10 dollars that move by some cents, often not at all, and stand still."""
    draws, stop = np.random.default_rng(seed), slice(COUNT // 2, COUNT // 2 + 25)
    close = 1000 + np.cumsum(draws.integers(-3, 4, COUNT))
    close[stop] = close[COUNT // 2]
    start = close + draws.integers(-2, 3, COUNT)
    high = np.maximum(start, close) + draws.integers(0, 3, COUNT)
    low = np.minimum(start, close) - draws.integers(0, 3, COUNT)
    for still in ([], [slice(12)], [stop])[seed % 3]:
        for prices in (start, high, low, close):
            prices[still] = close[still.start or 0]
    volume = draws.integers(0, 50, COUNT) * 100
    return {"open": start, "high": high, "low": low, "close": close, "volume": volume}


def scaled(bars, by):
    return {
        name: bars[name] * 1.0 if name == "volume" else bars[name] / 100 * by for name in FIELDS
    }


@cache
def exact(name, seed):
    """The columns of the definition; prices are off by the roundings of a quotient and a scale."""
    indicator = small(name)
    numbers = zip(indicator.params, indicator.definition.parameters, strict=True)
    bars = {
        name: [
            Exact(int(v)) if name == "volume" else Exact(Fraction(int(v), 100), 3 * UNIT * v / 100)
            for v in values
        ]
        for name, values in cents(seed).items()
    }
    return EXACT[name](
        bars, *[int(n) if p.whole else Exact(Fraction(repr(n)), UNIT * n) for n, p in numbers]
    )


def compared(name, seed, by):
    """(row, column, what was found, what is true, how far it may be off) of all that is there."""
    indicator = small(name)
    found = indicator.batch(**scaled(cents(seed), by)).reshape(COUNT, -1)
    for place, column in enumerate(exact(name, seed)):
        size = SCALES[by] ** (indicator.degrees[place] or 0)
        assert [one is None for one in column] == np.isnan(found[:, place]).tolist()
        for row, one in enumerate(column):
            if one is not None:
                value = float(found[row, place])
                yield row, place, value, one.value * size, one.error * float(size)


def check(name, seed):
    indicator, closes = small(name), cents(seed)["close"]
    for by, scale in SCALES.items():
        close = scaled(cents(seed), by)["close"]
        for row, place, found, true, error in compared(name, seed, by):
            assert abs(Fraction(found) - true) <= FORMS * error
            if true == 0 and name != "ad":  # where a running total stands says nothing
                assert found == 0.0
            if indicator.degrees[place] == 0 and error < KNOWN and true.denominator == 1:
                assert found == true
            if is_mean_of_closes(indicator, place) and true == scale * Fraction(
                int(closes[row]), 100
            ):
                assert found == close[row]


def is_mean_of_closes(indicator, place):
    middle = "close" in indicator.inputs and indicator.columns[place] == "middle"
    return middle or indicator.definition.name in AVERAGES


@pytest.mark.parametrize("name", names())
def test_what_is_level_whole_or_missing_in_exact_arithmetic_is_so_in_doubles(name):
    for seed in range(2):
        check(name, seed)


@pytest.mark.long
@pytest.mark.parametrize("name", names())
def test_it_is_so_for_many_series(name):
    for seed in [*range(2, 40), 120]:  # of 120 a close ties with the band of its trend
        check(name, seed)


def test_every_indicator_is_defined_exactly():
    assert sorted(EXACT) == names()


@pytest.mark.parametrize("price", [0.1, 3.96, 13.21, 100.1, 1e5 / 7])
@pytest.mark.parametrize("name", ["sma", "ema", "wma", "hma", "dema", "tema"])
def test_a_price_that_stands_still_is_its_own_mean_over_any_window(name, price):
    still = np.full(3200, price)
    for window in (2, 3, 20, 200, 1000):
        found = parse(f"{name}:{window}").batch(still)
        assert set(found[~np.isnan(found)].tolist()) == {price}


def test_an_unchanged_typical_price_is_no_flow():
    high, low = np.array([911, 909] * 8) / 100, np.array([898, 897] * 8) / 100
    close = np.array([904, 907] * 8) / 100  # every sum is 27.13
    found = parse("mfi:2").batch(high=high, low=low, close=close, volume=np.full(16, 1e3))
    assert np.isnan(found).all()


def test_the_place_of_an_index_that_stands_still_is_nowhere():
    draws = np.random.default_rng(2)
    close = np.round(100 * np.exp(np.cumsum(draws.normal(0, 0.02, 200))), 2)
    close[100:160] = close[99]
    assert np.isnan(parse("stochrsi:14:14:3").batch(close)[114:159, 0]).all()


@pytest.mark.parametrize("by", SCALES)
def test_a_low_at_the_stop_touches_it(by):
    """The stop after the first step is 2 % of 50 cents above the low: a whole cent."""
    for low in range(900, 1100):
        lows, highs = np.array([low, low + 20, low + 1]), np.array([low + 30, low + 50, low + 40])
        found = parse("psar").batch(high=highs / 100 * by, low=lows / 100 * by)
        assert found[2] == highs[1] / 100 * by  # turned round at its extreme
