"""Rounding is no move: prices in cents, in ties and standing still, however they are scaled."""

import numpy as np
import pytest

from market.indicators import names, parse
from tests.market.indicator_bars import FIELDS
from tests.market.test_indicator_properties import small

SCALES = (2.0, 20.0, 1 / 3, 0.9731)


def cents(seed, count):
    """Bars of whole cents about 10 dollars that move by some cents, often not at all."""
    draws = np.random.default_rng(seed)
    close = 1000 + np.cumsum(draws.integers(-3, 4, count))
    close[count // 2 : count // 2 + 25] = close[count // 2]
    start = close + draws.integers(-2, 3, count)
    high = np.maximum(start, close) + draws.integers(0, 3, count)
    low = np.minimum(start, close) - draws.integers(0, 3, count)
    prices = {"open": start, "high": high, "low": low, "close": close}
    volume = draws.integers(1, 50, count) * 100.0
    return {**{name: price / 100 for name, price in prices.items()}, "volume": volume}


def scaled(bars, by):
    return {name: bars[name] * (1.0 if name == "volume" else by) for name in FIELDS}


@pytest.mark.parametrize("name", names())
def test_an_indicator_of_scaled_cents_is_the_scaled_indicator(name):
    indicator = small(name)
    for seed in range(20):
        bars = cents(seed, 120)
        plain = indicator.batch(**bars).reshape(120, -1)
        for by in SCALES:
            found = indicator.batch(**scaled(bars, by)).reshape(120, -1)
            for column, degree in enumerate(indicator.degrees):
                if degree is None:
                    continue
                expected = plain[:, column] * by**degree
                np.testing.assert_array_equal(np.isnan(found[:, column]), np.isnan(expected))
                np.testing.assert_allclose(found[:, column], expected, rtol=1e-9, atol=1e-9)


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
