"""Each strategy of one instrument does what its name says, and no bar reads a later one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.backtest.signals import targets
from market.errors import BadParameter, DataNotFit
from market.strategies import Float, Int, Strategy, make_strategy, strategy_names
from market.strategies.core.inputs import inputs

SYMBOL = strategy_names(scope="symbol")
WHOLE = [
    name
    for name in SYMBOL
    if any(one.fields != ("close",) for one in make_strategy(name, {}).reads())
]


def path(name, close, *, high=None, low=None, **parameters):
    """The targets (n,) of one series; bars are their close where nothing else is given."""
    close = np.atleast_2d(close).astype(float)
    fields = {"high": close if high is None else high, "low": close if low is None else low}
    return targets(make_strategy(name, parameters), close=close, **fields)[0]


@pytest.mark.parametrize("name", SYMBOL)
def test_no_target_depends_on_a_later_bar(whole_bars, name):
    bars = whole_bars(missing=0.05)
    strategy = make_strategy(name, {})
    whole = targets(strategy, **bars)
    assert whole.any()
    for cut in (1, 2, 21, 100, 255, 256, 419):
        head = {field: np.ascontiguousarray(panel[:, :cut]) for field, panel in bars.items()}
        assert np.array_equal(targets(strategy, **head), whole[:, :cut])


@pytest.mark.parametrize("name", SYMBOL)
def test_a_session_without_a_bar_leaves_all_other_targets_as_they_were(walks, name):
    close = walks(k=1)[:, 0]
    holed = np.insert(close, 200, np.nan)
    assert np.array_equal(np.delete(path(name, holed), 200), path(name, close))


def test_rsi_reversion_buys_the_fall_and_sells_the_recovery():
    close = np.concatenate(
        [100 + np.arange(20) % 2, np.linspace(100, 70, 12), np.linspace(71, 99, 20)]
    )
    held = path("rsi-reversion", close, window=14)
    assert not held[:20].any()
    bought = int(np.argmax(held))
    assert 20 <= bought < 32
    assert held[bought:32].all()
    assert not held[-1]


def plain_breakout(close, high, low, *, entry, leave):
    """The rule as a sentence: above the highest high before, until below the lowest low before."""
    held, wanted = False, []
    for t in range(len(close)):
        if t >= max(entry, leave):
            if close[t] < low[t - leave : t].min():
                held = False
            elif close[t] > high[t - entry : t].max():
                held = True
        wanted.append(float(held))
    return wanted


@given(seed=st.integers(0, 2**32 - 1), entry=st.integers(10, 30), leave=st.integers(5, 20))
def test_donchian_breakout_is_its_textbook_rule(seed, entry, leave):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 120)))
    high, low = close * (1 + rng.uniform(0, 0.03, 120)), close * (1 - rng.uniform(0, 0.03, 120))
    held = path(
        "donchian-breakout", close, high=high[None], low=low[None], entry=entry, leave=leave
    )
    assert held.tolist() == plain_breakout(close, high, low, entry=entry, leave=leave)


@given(
    steps=st.lists(st.integers(-2, 2), min_size=40, max_size=120),
    entry=st.integers(10, 30),
    leave=st.integers(5, 20),
)
def test_close_breakout_is_donchian_on_bars_that_are_their_close(steps, entry, leave):
    close = 500.0 + np.cumsum(steps)  # ties are common
    held = path("close-breakout", close, entry=entry, leave=leave)
    assert np.array_equal(held, path("donchian-breakout", close, entry=entry, leave=leave))
    assert held.tolist() == plain_breakout(close, close, close, entry=entry, leave=leave)


def test_a_close_below_an_earlier_high_is_no_breakout():
    close = np.concatenate([np.full(60, 100.0), [104.0, 106.0]])
    high = close.copy()
    high[30] = 105.0
    held = path("donchian-breakout", close, high=high[None])
    assert held.tolist() == [0.0] * 61 + [1.0]


@pytest.mark.parametrize("name", ["donchian-breakout", "close-breakout"])
def test_a_flat_series_is_no_breakout(name):
    assert not path(name, np.full(200, 50.0)).any()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("sma-cross", {"fast": 10, "slow": 30}),
        ("trailing-exit", {"window": 77}),
        ("chandelier-exit", {"window": 77}),
        ("bollinger-reversion", {"window": 27, "width": 0.5}),
    ],
)
def test_a_price_that_stands_still_is_no_signal_though_its_mean_is_rounded(name, parameters):
    for price in np.arange(1.0, 30.0, 0.29):
        assert not path(name, np.full(120, price), **parameters).any()


def test_bollinger_reversion_buys_below_the_band_and_sells_at_the_mean():
    calm = 100 + np.tile([0.5, -0.5], 20)
    held = path("bollinger-reversion", np.concatenate([calm, [97.0, 98.0, 99.0, 101.0, 101.0]]))
    assert not held[:40].any()
    assert held[40:].tolist() == [1.0, 1.0, 1.0, 0.0, 0.0]


def test_trailing_exit_leaves_below_its_high_and_waits_for_the_mean():
    rise, fall = np.linspace(100, 200, 50), np.array([185.0, 179.0, 190.0, 195.0])
    held = path("trailing-exit", np.concatenate([rise, fall]), window=40, fall=0.1)
    assert held[39:51].all()
    assert held[51:].tolist() == [0.0, 0.0, 0.0]
    back = np.concatenate([rise, fall, np.full(30, 120.0), [200.0]])
    assert path("trailing-exit", back, window=40, fall=0.1)[-1] == 1.0


def plain_chandelier(close, high, mean, atr, *, width):
    """The rule as a sentence: out once the close is `width` ranges below the highest since bought."""
    wanted, bought, waiting = [], None, False
    for t in range(len(close)):
        if np.isnan(mean[t] + atr[t]):
            wanted.append(0.0)
            continue
        if bought is not None:
            top = max(close[bought], *high[bought + 1 : t + 1])
            if close[t] <= top - width * atr[t]:
                bought, waiting = None, True
        if close[t] <= mean[t]:
            waiting = False
        elif bought is None and not waiting:
            bought = t
        wanted.append(float(bought is not None))
    return wanted


@given(seed=st.integers(0, 2**32 - 1), width=st.sampled_from([0.5, 1.0, 3.0]))
def test_chandelier_exit_hangs_its_stop_from_the_highest_high_since_it_bought(seed, width):
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, (1, 150)), axis=1))
    high, low = close * (1 + rng.uniform(0, 0.02, 150)), close * (1 - rng.uniform(0, 0.02, 150))
    held = path("chandelier-exit", close, high=high, low=low, window=10, span=5, width=width)
    mean, atr = inputs(("sma:10", "atr:5"), close=close, high=high, low=low)[:, 0]
    assert held.tolist() == plain_chandelier(close[0], high[0], mean, atr, width=width)
    assert held.any()


@pytest.mark.parametrize("name", WHOLE)
def test_a_strategy_of_whole_bars_names_one_of_closes_for_data_without_them(whole_bars, name):
    instead = make_strategy(make_strategy(name, {}).on_closes, {})
    assert {field for one in instead.reads() for field in one.fields} == {"close"}
    assert targets(instead, close=whole_bars()["close"]).any()


def test_vol_target_holds_less_of_what_moves_more():
    rng = np.random.default_rng(0)
    returns = rng.normal(0.0, 1.0, 600) * np.repeat([0.005, 0.03], 300)
    held = path("vol-target", 100 * np.exp(np.cumsum(returns)), volatility=0.15, grid=0.1)
    assert held[100:300].mean() > 0.9
    assert 0.2 <= held[400:].mean() <= 0.4
    assert np.allclose(held * 10, np.round(held * 10))


def test_vol_target_does_not_lose_a_step_to_rounding():
    strategy = make_strategy("vol-target", {"volatility": 0.3, "year": 1})
    assert strategy.target(np.array([[0.5, 1.0, 0.0]])).tolist() == pytest.approx([0.6, 0.3, 1.0])


class Both(Strategy):
    name = "both"

    def target(self, x):
        return np.ones(x.shape[1:])

    def weights(self, x, book):
        return np.zeros(x.shape[1])


class Neither(Strategy):
    name = "neither"


class Levered(Strategy):
    name = "levered"
    inputs = ("close",)

    @staticmethod
    def step(s, x, p):
        return 1.5


def test_dates_of_decision_that_there_are_not_are_refused_and_not_taken_for_weeks():
    class Monthly(Strategy):
        rebalance = "monthly-end"

        def weights(self, x, book):
            return np.zeros(x.shape[1])

    with pytest.raises(BadParameter, match=r"rebalance='monthly-end'.*did you mean 'month-end'"):
        Monthly.scope()


@pytest.mark.parametrize(("wrong", "says"), [(Both, "target and weights"), (Neither, "none")])
def test_a_strategy_has_one_shape(wrong, says):
    with pytest.raises(
        BadParameter, match=f"expected one of target, step or weights, found {says}"
    ):
        wrong.shape()


def test_a_step_outside_0_to_1_is_refused():
    with pytest.raises(DataNotFit, match="'levered' gave a target outside 0 to 1"):
        targets(Levered(), close=np.ones((1, 3)))


def test_a_portfolio_strategy_gives_no_targets():
    with pytest.raises(BadParameter, match="'pairs' decides over a whole portfolio"):
        targets(make_strategy("pairs", {}), close=np.ones((1, 3)))


def test_a_step_gets_its_parameters_in_order_of_declaration():
    class Ordered(Strategy):
        name = "ordered"
        second, first = Float(0.5, 0.0, 1.0), Int(3, 1, 9)

        @staticmethod
        def step(s, x, p):
            return 0.0

    assert Ordered(first=4).vector().tolist() == [0.5, 4.0]


class Wordy(Strategy):
    name = "wordy"
    inputs = ("close",)

    @staticmethod
    def step(s, x, p):
        return float(str(open))


class Counter(Strategy):
    """Counts in a state that it forgot to declare."""

    name = "counter"
    inputs = ("close",)

    @staticmethod
    def step(s, x, p):
        s[0] += 1.0
        return 1.0 if s[0] > 5.0 else 0.0


class Declared(Counter):
    state_size = 1


class Beyond(Declared):
    @staticmethod
    def step(s, x, p):
        s[3] += x[0]
        return 0.5


class Reader(Declared):
    @staticmethod
    def step(s, x, p):
        return min(max(x[1], 0.0), 1.0)


class Writer(Declared):
    @staticmethod
    def step(s, x, p):
        x[0] = 1.0
        return 0.5


@pytest.mark.parametrize("count", [1, 2, 5])
def test_equal_instruments_get_equal_targets_from_a_state_of_their_own(count):
    close = np.tile(100 + np.arange(12.0), (count, 1))
    wanted = targets(Declared(), close=close)
    assert wanted.tolist() == [[0.0] * 5 + [1.0] * 7] * count


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(
    ("kind", "numbers"), [(Counter, "0 numbers"), (Beyond, "1 numbers"), (Reader, "x 1")]
)
def test_a_step_that_reaches_beyond_its_arrays_is_refused_with_their_sizes(kind, numbers, count):
    with pytest.raises(BadParameter, match=rf"beyond its arrays: .*{numbers}.*declare as many"):
        targets(kind(), close=np.ones((count, 12)))


def test_a_step_that_writes_its_inputs_is_refused():
    close = np.ones((1, 12))
    with pytest.raises(BadParameter, match="writes into s only"):
        targets(Writer(), close=close)
    assert (close == 1.0).all()


def test_a_step_that_does_not_compile_is_refused_in_one_line():
    with pytest.raises(
        BadParameter, match="'wordy': its step does not compile; remedy: a static"
    ) as info:
        targets(Wordy(), close=np.ones((1, 3)))
    assert "\n" not in str(info.value)
