"""What holds for every registered indicator: batch is step, states continue, nothing looks ahead."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.bars import AdjustedBars
from market.errors import BadParameter, DataNotFit
from market.indicators import Indicator, describe, names, parse
from market.indicators.core.mechanisms import Window
from market.indicators.panel import batch_panel
from tests.examples import examples
from tests.market.indicator_bars import FIELDS, cut, walk

pytestmark = pytest.mark.no_cover  # thousands of calls of what others cover


unhurried = examples(10)  # the first example compiles
SEEDS = st.integers(0, 2**32 - 1)
HOLES = st.sampled_from([0.0, 0.03, 0.3])
every = pytest.mark.parametrize("name", names())


def small(name: str) -> Indicator:
    """With windows near their lower ends, so that short series are warm."""
    ends = {"macd": "macd:3:6:2", "kama": "kama:4:2:9", "ultosc": "ultosc:2:3:5"}
    ends |= {"ichimoku": "ichimoku:2:4:6:3", "chaikin": "chaikin:2:5", "stoch": "stoch:5:2:3"}
    ends |= {"stochrsi": "stochrsi:4:5:2", "keltner": "keltner:5:1.5:4", "psar": "psar"}
    ends |= {"apo": "apo:3:6", "ppo": "ppo:3:6"}
    windowed = parse(name).definition.parameters[:1]
    return parse(ends.get(name, f"{name}:5" if windowed else name))


def stepped(indicator: Indicator, state: np.ndarray, bars: dict) -> tuple[np.ndarray, np.ndarray]:
    rows = np.empty((len(bars["close"]), len(indicator.columns)))
    for row in range(len(rows)):
        state, rows[row] = indicator.step(state, **{k: v[row] for k, v in bars.items()})
    return state, rows


def table(indicator: Indicator, bars: dict) -> np.ndarray:
    return indicator.batch(**bars).reshape(len(bars["close"]), len(indicator.columns))


@every
@unhurried
@given(seed=SEEDS, count=st.integers(0, 70), holes=HOLES)
def test_batch_and_step_give_the_same_bits(name, seed, count, holes):
    indicator, bars = small(name), walk(seed, count, holes=holes)
    _, rows = stepped(indicator, indicator.start(), bars)
    assert table(indicator, bars).tobytes() == rows.tobytes()


@every
@unhurried
@given(seed=SEEDS, at=st.integers(0, 60), holes=HOLES)
def test_a_stored_state_continues_as_if_it_had_never_stopped(name, seed, at, holes):
    indicator, bars = small(name), walk(seed, 60, holes=holes)
    state, _ = stepped(indicator, indicator.start(), cut(bars, slice(at)))
    restored = np.frombuffer(state.tobytes())
    _, rows = stepped(indicator, restored, cut(bars, slice(at, None)))
    assert table(indicator, bars)[at:].tobytes() == rows.tobytes()


@every
@unhurried
@given(seed=SEEDS, holes=st.sampled_from([0.03, 0.3]))
def test_a_bar_without_a_needed_input_is_missing_and_changes_nothing_else(name, seed, holes):
    indicator, bars = small(name), walk(seed, 70, holes=holes)
    there = np.isfinite([bars[field] for field in indicator.inputs]).all(axis=0)
    values = table(indicator, bars)
    assert np.isnan(values[~there]).all()
    assert values[there].tobytes() == table(indicator, cut(bars, there)).tobytes()


@every
@unhurried
@given(seed=SEEDS, at=st.integers(0, 60), holes=HOLES)
def test_the_past_does_not_depend_on_the_future(name, seed, at, holes):
    indicator, bars = small(name), walk(seed, 60, holes=holes)
    part = table(indicator, cut(bars, slice(at)))
    assert table(indicator, bars)[:at].tobytes() == part.tobytes()


@every
@unhurried
@given(seed=SEEDS, factor=st.sampled_from([0.125, 4.0, 0.7, 31.3]))
def test_the_degree_of_homogeneity_is_the_declared_one(name, seed, factor):
    """Under adjustment for dividends, which leaves volume, and for splits, which scales it back."""
    indicator, bars = small(name), walk(seed, 60)
    before = table(indicator, bars)
    views = [
        table(indicator, {k: v * (shares if k == "volume" else factor) for k, v in bars.items()})
        for shares in (1.0, 1.0 / factor)
    ]
    for column, degree in enumerate(indicator.degrees):
        held = [scaled_by(factor**d, before[:, column], views, column) for d in (-1, 0, 1, 2)]
        assert held == [degree == d for d in (-1, 0, 1, 2)]


def scaled_by(factor, before, views, column):
    """Whether the column of all views is the one before times ``factor``."""
    expected = before * factor
    atol = 1e-10 * np.nanmax(np.abs(expected))
    return all(
        np.allclose(one[:, column], expected, rtol=1e-9, atol=atol, equal_nan=True) for one in views
    )


@every
def test_adjusted_bars_are_refused_by_what_is_not_homogeneous(name):
    fields = walk(3, 60)
    day = np.datetime64("2024-01-01") + np.arange(60)
    known = (day + 1).astype("datetime64[us]")
    bars = AdjustedBars("x:A", day.astype("datetime64[us]"), day, **fields, available_at=known)
    indicator = small(name)
    if None not in indicator.degrees:
        assert indicator.batch(bars).tobytes() == indicator.batch(**fields).tobytes()
        return
    with pytest.raises(DataNotFit, match="is not homogeneous in price: give it raw bars"):
        indicator.batch(bars)


@pytest.mark.parametrize(
    "name", [n for n in names() if isinstance(parse(n).definition.mechanism, Window)]
)
@unhurried
@given(seed=SEEDS, extra=st.integers(0, 40))
def test_a_window_forgets_what_has_left_it(name, seed, extra):
    """One bad tick leaves no trace: other bars before the window give the same bits."""
    indicator, bars = small(name), walk(seed, 60)
    last = table(indicator, bars)[-1]
    tail = cut(bars, slice(60 - indicator.warm_up - 1 - min(extra, 20), None))
    assert table(indicator, tail)[-1].tobytes() == last.tobytes()
    spoiled = {k: v.copy() for k, v in bars.items()}
    for values in spoiled.values():
        values[: 60 - indicator.warm_up - 1] *= 1e7
    assert table(indicator, spoiled)[-1].tobytes() == last.tobytes()


@every
def test_rows_are_missing_until_warm_and_there_from_then_on(name):
    for indicator in (parse(name), small(name)):
        values = table(indicator, walk(3, 200))
        assert np.isnan(values[: indicator.warm_up]).all()
        assert np.isfinite(values[indicator.warm_up :]).all()


@every
def test_a_price_that_stands_still_never_fails(name):
    flat = dict.fromkeys(FIELDS, np.full(100, 5.0)) | {"volume": np.zeros(100)}
    assert not np.isinf(table(parse(name), flat)).any()


@pytest.mark.parametrize("window", [3, 20, 999])
def test_a_price_that_stands_still_does_not_deviate_whatever_it_is(window):
    """Its mean may be a rounding away from it: no distance, and nothing to divide by."""
    for price in (0.01, 3.96, 13.21, 100.1, 167.53, 1e5 / 7):
        still = np.full(window + 30, price)
        flat = dict.fromkeys(("high", "low", "close"), still)
        assert np.isnan(parse(f"cci:{window}").batch(**flat)).all()
        assert set(parse(f"stddev:{window}").batch(still)[window - 1 :].tolist()) == {0.0}


@every
def test_every_parameter_out_of_range_is_named(name):
    for place, one in enumerate(parse(name).definition.parameters):
        values = [repr(each.default) for each in parse(name).definition.parameters]
        values[place] = f"{one.high + 1}"
        with pytest.raises(BadParameter, match=f"{one.name}=.*expected {one.low} to {one.high}"):
            parse(":".join([name, *values]))
        values[place] = "-1"
        with pytest.raises(BadParameter, match=f"{one.name}='-1': expected a .*number") as hit:
            parse(":".join([name, *values]))
        assert hit.value.parameter == one.name


@every
def test_the_name_parses_back(name):
    assert parse(parse(name).name) == parse(name)
    assert parse(small(name).name) == small(name)


@pytest.mark.parametrize("count", [0, 1, 30, 120])
def test_a_panel_has_the_bits_of_its_rows(count):
    """Four whole series go together, the others alone: some miss bars."""
    rows = [walk(seed, count, holes=0.05 if seed in {4, 5} else 0.0) for seed in range(10)]
    panel = {field: np.array([bars[field] for bars in rows]) for field in FIELDS}
    for name, values in batch_panel(names(), **panel).items():
        for place, bars in enumerate(rows):
            assert values[place].tobytes() == parse(name).batch(**bars).tobytes(), name


ABREAST = [n for n in names() if getattr(parse(n).definition.mechanism, "four", None)]


@pytest.mark.parametrize("name", ABREAST)
@unhurried
@given(seed=SEEDS, more=st.integers(1, 40))
def test_a_kernels_form_for_four_series_has_the_bits_of_its_plain_form(name, seed, more):
    indicator = small(name)
    rows = [walk(seed + lane, indicator.warm_up + 1 + more) for lane in range(4)]
    panel = {field: np.array([bars[field] for bars in rows]) for field in FIELDS}
    (values,) = batch_panel([indicator.name], **panel).values()
    for place, bars in enumerate(rows):
        assert values[place].tobytes() == indicator.batch(**bars).tobytes()


def test_a_panel_without_a_needed_field_is_refused():
    with pytest.raises(DataNotFit, match="atr:14 needs high, low, close: high, low not given"):
        batch_panel(["atr"], close=np.ones((2, 5)))
    with pytest.raises(DataNotFit, match="panels of one shape"):
        batch_panel(["sma"], close=np.ones(5))


@pytest.mark.parametrize(
    "name", ["macd:26:12:9", "ultosc:7:7:28", "psar:0.3:0.2", "kama:10:30:2", "ppo:9:9"]
)
def test_parameters_in_the_wrong_order_are_refused(name):
    with pytest.raises(BadParameter, match="expected below"):
        parse(name)


def test_missing_fields_are_named():
    with pytest.raises(DataNotFit, match="atr:14 needs high, low, close: high, low not given"):
        parse("atr").batch([1.0, 2.0])
    with pytest.raises(DataNotFit, match="unknown inputs hihg"):
        parse("atr").batch(hihg=[1.0], low=[1.0], close=[1.0])
    with pytest.raises(DataNotFit, match=r"shape \(n,\), got \(2,\), \(1,\), \(2,\)"):
        parse("atr").batch(high=[1.0, 2.0], low=[1.0], close=[1.0, 2.0])


def test_a_description_says_what_an_indicator_reads():
    found = {one["name"]: one for one in describe()}["bbands"]
    assert found["inputs"] == ["close"]
    assert found["degrees"] == [1, 1, 1]
    assert found["parameters"][1] == {
        "name": "width", "default": 2.0, "low": 0.1, "high": 10, "whole": False,
    }  # fmt: skip


LOGS = ("garman_klass", "parkinson", "yang_zhang")
GOLDEN = "25e3ce2b48642cbacbab3cf6ece14c65c015afc41d53e9fb26fc92fcb031e248"


def test_bits_are_the_same_on_every_machine():
    """All columns of all indicators. The three that take logarithms count to nine digits."""
    digest = hashlib.sha256()
    bars = walk(7, 400, holes=0.002)
    for name in names():
        values = table(parse(name), bars)
        digest.update(name.encode())
        digest.update((values.round(9) + 0.0 if name in LOGS else values).tobytes())
    assert digest.hexdigest() == GOLDEN


@every
@unhurried
@given(seed=SEEDS, scale=st.sampled_from([1e-310, 1e-160, 1e100, 1e300]))
def test_every_missing_value_has_the_same_bits_however_wild_the_bars(name, seed, scale):
    """Sums overflow, quotients of tiny ranges do, and closes lie outside of high and low."""
    indicator, bars = small(name), walk(seed, 60)
    draws = np.random.default_rng(seed)
    for values in bars.values():
        values[draws.uniform(size=60) < 0.3] *= -scale
        values[draws.uniform(size=60) < 0.1] = 0.0
    values = table(indicator, bars)
    assert set(values[np.isnan(values)].view(np.uint64)) <= {np.float64(np.nan).view(np.uint64)}
    _, rows = stepped(indicator, indicator.start(), bars)
    assert values.tobytes() == rows.tobytes()
