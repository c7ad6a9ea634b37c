"""Each strategy of one instrument does what its name says, and no bar reads a later one."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from market.backtest import Costs, Panel, run
from market.backtest.signals import targets
from market.bars import Bars
from market.errors import BadParameter, DataNotFit
from market.strategies import Float, Int, Strategy, make_strategy, strategy_names
from market.strategies.inputs import inputs

SYMBOL = strategy_names(scope="symbol")


def path(name, close, **parameters):
    """The targets (n,) of one series of closes."""
    return targets(make_strategy(name, parameters), np.atleast_2d(close).astype(float))[0]


@pytest.mark.parametrize("name", SYMBOL)
def test_no_target_depends_on_a_later_close(walks, name):
    close = np.ascontiguousarray(walks(missing=0.05).T)
    whole = targets(make_strategy(name, {}), close)
    assert whole.any()
    for cut in (1, 2, 21, 100, 255, 256, 419):
        head = np.ascontiguousarray(close[:, :cut])
        assert np.array_equal(targets(make_strategy(name, {}), head), whole[:, :cut])


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


def test_donchian_breakout_enters_at_a_new_high_and_leaves_at_a_new_low():
    up, down = 100 + np.arange(30.0), 129 - np.arange(1.0, 31.0)
    held = path("donchian-breakout", np.concatenate([up, down]), entry=10, leave=5)
    assert not held[:9].any()
    assert held[9:30].all()
    # The fifth lower close is the first below all of its channel but not below its start.
    first_low = 30 + int(np.argmax(down < 125))
    assert held[30] == 1.0
    assert not held[first_low:].any()


def test_a_flat_series_is_no_breakout():
    assert not path("donchian-breakout", np.full(200, 50.0)).any()


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


def test_inputs_of_closes_are_what_numpy_says(walks):
    close = walks(60, 1)[:, 0]
    names = ("close", "close-high:5", "close-low:5", "roc:5", "bbands:5:2#upper")
    found = inputs(close[None, :], names)[:, 0]
    view = np.lib.stride_tricks.sliding_window_view(close, 5)
    assert np.array_equal(found[0], close)
    assert np.array_equal(found[1, 4:], view.max(axis=1))
    assert np.array_equal(found[2, 4:], view.min(axis=1))
    assert np.allclose(found[3, 5:], 100 * (close[5:] / close[:-5] - 1), rtol=1e-9)
    assert np.allclose(found[4, 4:], view.mean(axis=1) + 2 * view.std(axis=1), rtol=1e-12)
    assert np.isnan(found[1:, :4]).all()


@pytest.mark.parametrize("name", ["close-high", "close-high:0", "close-high:1001", "close-high:x"])
def test_an_input_of_closes_without_a_proper_window_is_refused(name):
    with pytest.raises(BadParameter, match="expected a window from 1 to 1000"):
        inputs(np.ones((1, 3)), (name,))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("bbands:20", "expected one of bbands:20#upper, bbands:20#middle, bbands:20#lower"),
        ("bbands:20#top", "expected one of bbands:20#upper"),
        ("atr:14", "reads more than closes: high, low, close"),
    ],
)
def test_an_indicator_that_closes_do_not_give_one_series_of_is_refused(name, says):
    with pytest.raises(BadParameter, match=says):
        inputs(np.ones((1, 3)), (name,))


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


@pytest.mark.parametrize(("wrong", "says"), [(Both, "target and weights"), (Neither, "none")])
def test_a_strategy_has_one_shape(wrong, says):
    with pytest.raises(
        BadParameter, match=f"expected one of target, step or weights, found {says}"
    ):
        wrong.shape()


def test_a_step_outside_0_to_1_is_refused():
    with pytest.raises(DataNotFit, match="'levered' gave a target outside 0 to 1"):
        targets(Levered(), np.ones((1, 3)))


def test_a_portfolio_strategy_gives_no_targets():
    with pytest.raises(BadParameter, match="'pairs' decides over a whole portfolio"):
        targets(make_strategy("pairs", {}), np.ones((1, 3)))


def test_a_step_gets_its_parameters_in_order_of_declaration():
    class Ordered(Strategy):
        name = "ordered"
        second, first = Float(0.5, 0.0, 1.0), Int(3, 1, 9)

        @staticmethod
        def step(s, x, p):
            return 0.0

    assert Ordered(first=4).vector().tolist() == [0.5, 4.0]


def test_the_example_of_an_own_strategy_runs_in_a_backtest(walks):
    source = Path(__file__).parents[3] / "examples/own_strategy.py"
    spec = importlib.util.spec_from_file_location("own_strategy", source)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    close = walks(k=1)[:, 0]
    session = np.datetime64("2020-01-01", "D") + np.arange(len(close))
    bars = Bars(
        instrument_id="a",
        timestamp=session.astype("datetime64[us]"),
        session=session,
        open=close,
        high=close,
        low=close,
        close=close,
        volume=np.ones(len(close)),
        available_at=(session + 1).astype("datetime64[us]"),
    )
    panel = Panel.from_bars([bars])
    done = run(panel, module.CalmTrend(), mode="next-open", costs=Costs(), sleeve_cash=1_000.0)
    assert len(done.trades) > 1
    body = source.read_text().split("class CalmTrend")[1].splitlines()
    assert len([line for line in body if line.strip()]) <= 10
