"""Indicator features run from the instrument's first bar, and a carried state gives the batch's bits."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import BadParameter, DataNotFit
from market.features import INDICATORS, AnchoredSet, Column, IndicatorColumn
from market.indicators import parse
from market.leaks import synthetic_bars
from tests.examples import examples

FIELDS = ("high", "low", "close", "volume")


@cache
def frame():
    return synthetic_bars(rows=200)


def bars_of(rows):
    return {name: frame()[name].to_numpy()[:rows].copy() for name in FIELDS}


def stepped(features, bars, state=None):
    """The rows of single steps, and the state after the last."""
    state, rows = features.start() if state is None else state, []
    for at in range(len(bars["close"])):
        state, row = features.step(state, **{name: series[at] for name, series in bars.items()})
        rows.append(row)
    return state, np.array(rows).reshape(-1, len(features.names))


def test_a_carried_state_gives_the_bits_of_the_batch():
    bars = bars_of(200)
    assert stepped(INDICATORS, bars)[1].tobytes() == INDICATORS.compute(**bars).tobytes()


@examples(20)
@given(
    cut=st.integers(0, 80),
    gaps=st.lists(st.tuples(st.sampled_from(FIELDS), st.integers(0, 79)), max_size=4),
)
def test_a_stored_state_continues_over_missing_values_as_the_batch_does(cut, gaps):
    bars = bars_of(80)
    for name, row in gaps:
        bars[name][row] = np.nan
    state, before = stepped(INDICATORS, {name: one[:cut] for name, one in bars.items()})
    stored = np.frombuffer(state.tobytes())
    after = stepped(INDICATORS, {name: one[cut:] for name, one in bars.items()}, stored)[1]
    rows = np.concatenate([before, after])
    assert rows.tobytes() == INDICATORS.compute(**bars).tobytes()


def test_columns_are_the_registered_indicators_and_the_operations_on_closes():
    bars = bars_of(120)
    got = dict(zip(INDICATORS.names, INDICATORS.compute(**bars).T, strict=True))
    np.testing.assert_array_equal(got["rsi_14"], parse("rsi:14").batch(**bars))
    np.testing.assert_array_equal(got["stoch_14"], parse("stoch:14:3:3").batch(**bars)[:, 0])
    change = np.diff(np.log(bars["close"]))
    np.testing.assert_allclose(got["return_1"][1:], change, rtol=1e-9, atol=1e-15)


def test_the_first_bar_matters_to_a_recursion():
    bars = bars_of(120)
    later = {name: series[20:] for name, series in bars.items()}
    whole, cut = INDICATORS.compute(**bars), INDICATORS.compute(**later)
    place = INDICATORS.names.index("rsi_14")
    assert whole[-1, place] != cut[-1, place]
    assert INDICATORS.anchor == "the instrument's first bar"


def test_a_scale_free_set_refuses_what_has_the_unit_of_price():
    price = IndicatorColumn("mean", "sma:20", "")
    with pytest.raises(BadParameter, match=r"'mean': sma:20 has degree 1 in price.*degree 0"):
        AnchoredSet("mine", 1, (price,))
    assert AnchoredSet("mine", 1, (price,), scale_free=False).inputs == ("close",)


@examples(10)
@given(st.integers(-8, 8))
def test_the_unit_of_price_does_not_matter_to_a_scale_free_set(power):
    """Exact for powers of two, which scale without rounding."""
    bars = bars_of(80)
    scaled = {name: one if name == "volume" else one * 2.0**power for name, one in bars.items()}
    np.testing.assert_allclose(INDICATORS.compute(**scaled), INDICATORS.compute(**bars), rtol=1e-12)


def test_closes_alone_are_enough_for_indicators_of_closes():
    mine = AnchoredSet("mine", 1, (IndicatorColumn("rsi", "rsi:5", ""),))
    close = bars_of(60)["close"]
    assert mine.compute(close=close)[:, 0].tobytes() == parse("rsi:5").batch(close).tobytes()
    assert stepped(mine, {"close": close})[1].tobytes() == mine.compute(close=close).tobytes()
    assert mine.compute(close=np.array([])).shape == (0, 1)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rsi", "write it in full, 'rsi:14'"),
        ("stoch:14:3:3", "expected stoch:14:3:3#k, stoch:14:3:3#d"),
        ("rsi:14#rsi", "expected rsi:14$"),
    ],
)
def test_an_indicator_is_named_in_full(name, message):
    with pytest.raises(BadParameter, match=message):
        AnchoredSet("mine", 1, (IndicatorColumn("one", name, ""),))


def test_what_does_not_fit_is_named():
    bars = bars_of(60)
    with pytest.raises(DataNotFit, match="needs high, low, close, volume: volume not given"):
        INDICATORS.compute(high=bars["high"], low=bars["low"], close=bars["close"])
    with pytest.raises(DataNotFit, match="unequal lengths"):
        INDICATORS.compute(**bars | {"high": bars["high"][1:]})
    with pytest.raises(DataNotFit, match="closes have shape"):
        INDICATORS.compute(**bars | {"close": bars["close"].reshape(2, -1)})
    with pytest.raises(DataNotFit, match=r"state of shape \(3,\)"):
        INDICATORS.step(np.zeros(3), **{name: series[0] for name, series in bars.items()})
    with pytest.raises(BadParameter, match="column 'a' twice"):
        AnchoredSet("mine", 1, (Column("a", "return", (1,), ""), Column("a", "return", (2,), "")))
