"""Each indicator against a plain second definition, and batch against step to the last bit."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.errors import BadParameter, DataNotFit, UnknownIndicator
from market.indicators import describe, names, parse

PRICES = st.floats(0.01, 1e6)
HOLES = st.sampled_from([math.nan, math.inf])
CLOSES = st.lists(st.one_of(PRICES, PRICES, PRICES, HOLES), max_size=80)
NAMES = st.tuples(st.sampled_from(["sma", "ema", "rsi"]), st.integers(2, 25)).map(
    lambda chosen: f"{chosen[0]}:{chosen[1]}"
)
unhurried = settings(deadline=None)  # the first example compiles


def plain_sma(closes: list[float], window: int) -> list[float]:
    return [
        math.fsum(closes[k + 1 - window : k + 1]) / window if k + 1 >= window else math.nan
        for k in range(len(closes))
    ]


def plain_ema(closes: list[float], window: int) -> list[float]:
    out = [math.nan] * min(window - 1, len(closes))
    if len(closes) >= window:
        out.append(sum(closes[:window]) / window)
    for close in closes[window:]:
        out.append(close * 2 / (window + 1) + out[-1] * (1 - 2 / (window + 1)))
    return out


def plain_rsi(closes: list[float], window: int) -> list[float]:
    changes = [after - before for before, after in pairwise(closes)]
    out = [math.nan] * min(window, len(closes))
    gain = loss = 0.0
    for count in range(window, len(changes) + 1):
        if count == window:
            gain = sum(max(one, 0) for one in changes[:window]) / window
            loss = sum(max(-one, 0) for one in changes[:window]) / window
        else:
            gain += (max(changes[count - 1], 0) - gain) / window
            loss += (max(-changes[count - 1], 0) - loss) / window
        out.append(100 - 100 / (1 + gain / loss) if loss else 100.0 if gain else math.nan)
    return out


PLAIN = {"sma": plain_sma, "ema": plain_ema, "rsi": plain_rsi}


@unhurried
@given(NAMES, CLOSES)
def test_batch_and_step_give_the_same_bits(name: str, closes: list[float]) -> None:
    indicator = parse(name)
    state, stepped = indicator.start(), []
    for close in closes:
        state, value = indicator.step(state, close)
        stepped.append(value)
    assert indicator.batch(closes).tobytes() == np.array(stepped, dtype=float).tobytes()


@unhurried
@given(NAMES, st.integers(0, 2**32 - 1), st.integers(0, 120))
def test_values_equal_the_plain_definition(name: str, seed: int, count: int) -> None:
    closes = 100 * np.exp(np.random.default_rng(seed).normal(0, 0.02, count).cumsum())
    plain = PLAIN[name[:3]](closes.tolist(), int(name[4:]))
    np.testing.assert_allclose(parse(name).batch(closes), plain, rtol=1e-9, atol=1e-9)


@unhurried
@given(NAMES, CLOSES)
def test_a_missing_close_is_missing_in_its_row_and_changes_nothing_else(
    name: str, closes: list[float]
) -> None:
    series = np.array(closes, dtype=float)
    there = np.isfinite(series)
    values = parse(name).batch(series)
    assert np.isnan(values[~there]).all()
    assert values[there].tobytes() == parse(name).batch(series[there]).tobytes()


@unhurried
@given(NAMES, CLOSES, st.integers(0, 80))
def test_the_past_does_not_depend_on_the_future(name: str, closes: list[float], cut: int) -> None:
    whole, part = parse(name).batch(closes), parse(name).batch(closes[:cut])
    assert whole[:cut].tobytes() == part.tobytes()


@unhurried
@given(st.lists(PRICES, min_size=40, max_size=80), st.integers(2, 20), st.integers(0, 20))
def test_sma_is_a_function_of_its_window_alone(closes: list[float], window: int, cut: int) -> None:
    sma = parse(f"sma:{window}")
    assert sma.batch(closes)[-1] == sma.batch(closes[cut:])[-1]


@pytest.mark.parametrize(("name", "blank"), [("sma:20", 19), ("ema:20", 19), ("rsi:14", 14)])
def test_warm_up_is_that_of_ta_lib(name: str, blank: int) -> None:
    closes = 100 + np.random.default_rng(1).normal(size=60)
    values = parse(name).batch(closes)
    assert parse(name).warm_up == blank
    assert np.isnan(values[:blank]).all()
    assert not np.isnan(values[blank:]).any()


def test_rsi_at_its_ends_and_where_it_is_undefined() -> None:
    rsi = parse("rsi:3")
    assert rsi.batch([1, 2, 3, 4, 5])[-1] == 100.0
    assert rsi.batch([5, 4, 3, 2, 1])[-1] == 0.0
    assert math.isnan(rsi.batch([5, 5, 5, 5, 5])[-1])


def test_step_leaves_the_given_state_alone() -> None:
    for name in PLAIN:
        indicator = parse(name)
        state = indicator.start()
        indicator.step(state, 5.0)
        assert not state.any()


def test_a_state_continues_after_being_stored() -> None:
    closes = 100 + np.random.default_rng(2).normal(size=60)
    for name in PLAIN:
        indicator = parse(name)
        state = indicator.start()
        for close in closes[:30]:
            state, _ = indicator.step(state, close)
        restored = np.frombuffer(state.tobytes())
        after = []
        for close in closes[30:]:
            restored, value = indicator.step(restored, close)
            after.append(value)
        assert np.array(after).tobytes() == indicator.batch(closes)[30:].tobytes()


def test_names_and_descriptions_agree() -> None:
    assert len(names()) >= 40
    assert [one["name"] for one in describe()] == names()
    assert parse("rsi") == parse("rsi:14")
    assert parse("rsi").name == "rsi:14"
    assert parse("rsi").columns == ("rsi",)


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(UnknownIndicator, match=r"'rsj'.*psar, roc, rsi, .*; did you mean 'rsi:14'"):
        parse("rsj:14")


@pytest.mark.parametrize(
    "value", ["0", "1", "1001", "-5", "+5", "1_0", "2.0", "", " 5", "\u0665", "9" * 5000]
)
def test_a_bad_parameter_is_named_with_its_range(value: str) -> None:
    with pytest.raises(BadParameter, match=r"window=.*expected.*2 to 1000") as hit:
        parse(f"sma:{value}")
    assert hit.value.parameter == "window"


def test_too_many_parameters_are_refused() -> None:
    with pytest.raises(BadParameter, match="too many parameters: expected sma:window"):
        parse("sma:20:50")


def test_a_table_of_closes_is_refused() -> None:
    with pytest.raises(DataNotFit, match=r"shape \(n,\), got \(2, 3\)"):
        parse("sma:2").batch(np.ones((2, 3)))
