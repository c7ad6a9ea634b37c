"""Inputs of strategies are what their names say, over the bars that are there and no later one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import BadParameter, DataNotFit, UnknownIndicator
from market.indicators import names as indicator_names
from market.indicators import parse
from market.strategies import Float, Strategy, find_strategy, strategy_names
from market.strategies.core import sources as sources_module
from market.strategies.core.inputs import inputs, parse_input

OF_CLOSES = ("close-high:5", "close-low:5", "close-volatility:5")
FIELDS = ("open", "high", "low", "close", "volume")
EVERY = (
    *FIELDS,
    *OF_CLOSES,
    *(
        f"{name}#{column}" if len(parse(name).columns) > 1 else name
        for name in indicator_names()
        for column in parse(name).columns
    ),
)


def test_inputs_of_closes_are_what_numpy_says(walks):
    close = walks(60, 1)[:, 0]
    found = inputs(("close", *OF_CLOSES, "roc:5", "bbands:5:2#upper"), close=close[None])[:, 0]
    view = np.lib.stride_tricks.sliding_window_view(close, 5)
    changes = np.lib.stride_tricks.sliding_window_view(np.diff(np.log(close)), 5)
    assert np.array_equal(found[0], close)
    assert np.array_equal(found[1, 4:], view.max(axis=1))
    assert np.array_equal(found[2, 4:], view.min(axis=1))
    assert np.allclose(found[3, 5:], np.sqrt((changes**2).mean(axis=1)), rtol=1e-9)
    assert np.allclose(found[4, 5:], 100 * (close[5:] / close[:-5] - 1), rtol=1e-9)
    assert np.allclose(found[5, 4:], view.mean(axis=1) + 2 * view.std(axis=1), rtol=1e-12)
    assert np.isnan(found[1:, :4]).all()


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_an_indicator_of_whole_bars_has_the_bits_of_its_own_batch(whole_bars, missing):
    bars = whole_bars(120, 3, missing=missing)
    for name in EVERY:
        found = inputs((name,), **bars)[0]
        if name in FIELDS:
            assert np.array_equal(found, bars[name], equal_nan=True)
        elif name not in OF_CLOSES:
            head, _, column = name.partition("#")
            one = parse(head)
            place = one.columns.index(column) if column else 0
            for row in range(3):
                values = one.batch(**{field: bars[field][row] for field in one.inputs})
                expected = values.reshape(120, -1)[:, place]
                assert np.array_equal(found[row], expected, equal_nan=True), name


@given(
    seed=st.integers(0, 2**32 - 1),
    lag=st.integers(1, 70),
    missing=st.sampled_from([0.0, 0.2]),
    name=st.sampled_from(["close", "atr:5", "donchian:5#upper", "close-low:4", "vwma:3"]),
)
def test_a_lagged_input_is_the_value_that_many_bars_before(seed, lag, missing, name):
    rng = np.random.default_rng(seed)
    bars = {field: rng.uniform(1, 2, (2, 60)) for field in FIELDS}
    for field in FIELDS:
        bars[field][rng.random((2, 60)) < missing] = np.nan
    now, before = inputs((name, f"{name}@{lag}"), **bars)
    for row in range(2):
        there = np.isfinite([bars[field][row] for field in parse_input(name).fields]).all(axis=0)
        dense, late = now[row, there], before[row, there]
        assert np.array_equal(late[lag:], dense[: max(len(dense) - lag, 0)], equal_nan=True)
        assert np.isnan(late[:lag]).all()
        assert np.isnan(before[row, ~there]).all()


@pytest.mark.parametrize("name", EVERY)
def test_an_input_scales_with_prices_as_its_degree_says(whole_bars, name):
    """With volume as dividends leave it, and as splits scale it; what has no degree does neither."""
    bars, degree = whole_bars(120, 2), parse_input(name).degree
    expected = inputs((name,), **bars) * 4.0 ** (degree or 0)
    found = [
        inputs((name,), **{f: one * (shares if f == "volume" else 4) for f, one in bars.items()})
        for shares in (1.0, 0.25)
    ]
    held = [np.allclose(one, expected, rtol=1e-9, atol=1e-9, equal_nan=True) for one in found]
    assert held == [True, degree is not None]


def test_each_source_is_computed_once(whole_bars, monkeypatch):
    computed = []

    def count(names, /, **fields):
        computed.extend(names)
        return batch_panel(names, **fields)

    batch_panel = sources_module.batch_panel
    monkeypatch.setattr(sources_module, "batch_panel", count)
    wanted = (
        "donchian:9#upper",
        "donchian:9#lower",
        "donchian:9#upper@1",
        "atr:14",
        "atr",
        "atr:5",
    )
    assert inputs(wanted, **whole_bars(60, 2)).shape == (6, 2, 60)
    assert computed == ["donchian:9", "atr:14", "atr:5"]


@pytest.mark.parametrize("name", ["close-high", "close-high:1", "close-low:1001", "close-high:x"])
def test_an_input_of_closes_without_a_proper_window_is_refused(name):
    with pytest.raises(BadParameter, match="expected a window from 2 to 1000"):
        inputs((name,), close=np.ones((1, 3)))


@pytest.mark.parametrize(
    "name", ["close@", "close@0", "close@1001", "close@-1", "close@1@1", "close@²"]
)
def test_a_lag_out_of_range_is_refused(name):
    with pytest.raises(BadParameter, match="expected a lag from 1 to 1000 bars"):
        parse_input(name)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("bbands:20", "expected one of bbands:20#upper, bbands:20#middle, bbands:20#lower"),
        ("bbands:20@1", "expected one of bbands:20#upper"),
        ("bbands:20#top", "expected one of bbands:20#upper"),
        ("sma:20#", "expected one of sma:20#sma"),
    ],
)
def test_an_indicator_of_which_no_column_is_named_is_refused(name, says):
    with pytest.raises(BadParameter, match=says):
        parse_input(name)


def test_an_unknown_input_is_refused_with_a_near_name():
    with pytest.raises(UnknownIndicator, match="did you mean 'atr:14'"):
        parse_input("atrr:14")


def test_fields_that_are_missing_or_of_another_shape_are_refused_by_name():
    close = np.ones((1, 3))
    with pytest.raises(DataNotFit, match="'atr:14' needs high, low, close: high, low not given"):
        inputs(("atr:14",), close=close)
    for bad in ({"volume": np.ones((1, 4))}, {"close": np.ones(3)}, {}):
        with pytest.raises(DataNotFit, match="of one shape"):
            inputs(("close",), **({"close": close} | bad if bad else {}))


@pytest.mark.parametrize("name", strategy_names())
@pytest.mark.parametrize("end", ["low", "default", "high"])
def test_a_shipped_strategy_reads_known_inputs_at_both_ends_of_its_ranges(name, end):
    chosen = find_strategy(name)
    strategy = chosen()
    strategy.values = {one: getattr(value, end) for one, value in chosen.parameters().items()}
    assert len(strategy.reads()) == len(chosen.inputs)


def own(*names):
    class Own(Strategy):
        name = "own"
        span = Float(0.5, 0.0, 1.0)
        inputs = names

    return Own()


def test_inputs_that_name_no_parameter_are_refused_with_those_there_are():
    for template in ("sma:{fats}", "sma:{}", "sma:{span"):
        with pytest.raises(BadParameter, match="one of its parameters, which are span"):
            own(template).reads()


def test_inputs_that_lack_the_comma_of_a_tuple_are_refused():
    strategy = own()
    type(strategy).inputs = "close"
    with pytest.raises(BadParameter, match="inputs='close': expected a tuple"):
        strategy.reads()
