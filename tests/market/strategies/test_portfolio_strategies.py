"""Strategies of a whole portfolio: each does what its name says, date by date, from the past alone."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from market.calendar import get_calendar
from market.errors import BadParameter, DataNotFit
from market.portfolio.risk import covariance, risk_contributions
from market.strategies import Strategy, make_strategy, strategy_names
from market.strategies.core.evaluation import decision_dates, weight_path

XNYS = get_calendar("XNYS")
SESSIONS = XNYS.sessions(date(2020, 1, 2), date(2023, 12, 29))


def weights(strategy, close, **parameters):
    if isinstance(strategy, str):
        strategy = make_strategy(strategy, parameters)
    return weight_path(strategy, close, session=SESSIONS[: len(close)], calendar=XNYS)


def cointegrated(n=400, seed=5):
    """Two instruments whose log prices keep a stationary distance."""
    rng = np.random.default_rng(seed)
    common = np.cumsum(rng.normal(0, 0.01, n))
    gap = np.zeros(n)
    for t in range(1, n):
        gap[t] = 0.9 * gap[t - 1] + rng.normal(0, 0.01)
    return 100 * np.exp(np.column_stack([common + gap, common]))


@pytest.mark.parametrize("name", strategy_names(scope="portfolio"))
def test_no_weight_depends_on_a_later_close(walks, name):
    close = np.column_stack([walks(missing=0.02), cointegrated(420)])
    whole = weights(name, close)
    assert whole.any()
    for cut in (1, 21, 62, 127, 148, 149, 300, 419):
        assert np.array_equal(weights(name, close[:cut]), whole[:cut])


@pytest.mark.parametrize("name", strategy_names(scope="portfolio"))
def test_weights_never_add_up_to_more_than_the_equity(walks, name):
    held = weights(name, np.column_stack([walks(), cointegrated(420)]))
    assert (np.abs(held).sum(axis=1) <= 1 + 1e-9).all()


def test_decisions_fall_on_the_last_session_of_the_month_that_the_calendar_knows():
    days = SESSIONS[decision_dates(SESSIONS, "month-end", calendar=XNYS)]
    assert np.datetime64("2021-05-28") in days  # the 31st is Memorial Day
    assert len(days) == 48
    weeks = SESSIONS[decision_dates(SESSIONS, "week-end", calendar=XNYS)]
    assert np.datetime64("2021-04-01") in weeks  # Good Friday is no session
    assert decision_dates(SESSIONS, "session", calendar=XNYS).all()


def test_momentum_holds_the_strongest_in_equal_parts():
    growth = np.linspace(-0.001, 0.001, 10)
    close = 100 * np.exp(np.outer(np.arange(200), growth))
    held = weights("momentum-rank", close, lookback=63, keep=0.2)
    assert held[-1].tolist() == [0.0] * 8 + [0.5, 0.5]
    assert not held[: int(np.argmax(held.any(axis=1)))].any()
    assert np.argmax(held.any(axis=1)) >= 63


def test_momentum_leaves_out_what_has_no_bar():
    close = 100 * np.exp(np.outer(np.arange(200), np.linspace(-0.001, 0.001, 10)))
    close[150:, 9] = np.nan
    assert weights("momentum-rank", close, lookback=63)[-1, 9] == 0.0


@pytest.mark.parametrize(
    ("gains", "keep", "kept"),
    [
        ([1, 2, 2, 3], 0.5, [2, 2, 3]),  # a tie at the edge
        ([1, 2, 2, 2], 0.5, [2, 2, 2]),
        ([1, 2, 3], 0.2, [3]),  # at least one
        ([1, 2, 3, 4, 5, 6, 7], 0.5, [5, 6, 7]),  # rounded down
        ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.3, [8, 9, 10]),
        ([1, np.nan, 3, np.nan, 4], 0.4, [4]),
    ],
)
def test_momentum_keeps_its_share_rounded_down_and_every_tie_at_the_edge(gains, keep, kept):
    gains = np.array(gains, dtype=float)
    held = make_strategy("momentum-rank", {"keep": keep}).weights(gains[None], None)
    assert gains[held > 0].tolist() == kept
    assert np.unique(held[held > 0]).tolist() == pytest.approx([1 / len(kept)])


def test_momentum_takes_the_rounding_of_prices_in_proportion_for_a_tie():
    close = cointegrated()[:, :1] / np.arange(1, 8)
    held = weights("momentum-rank", close, lookback=21, keep=0.5)
    assert held[-1].tolist() == [1 / 7] * 7


def test_pairs_trade_both_legs_or_none_and_against_the_spread():
    close = cointegrated()
    held = weights("pairs", close)
    assert ((held[:, 0] != 0) == (held[:, 1] != 0)).all()
    assert (held[:, 0] * held[:, 1] <= 0).all()
    opened = np.flatnonzero((held[1:, 0] != 0) & (held[:-1, 0] == 0)) + 1
    assert len(opened) > 3
    for t in opened:
        logs = np.log(close[t - 60 : t])
        slope, start = np.polyfit(logs[:, 1], logs[:, 0], 1)
        spread = logs[:, 0] - slope * logs[:, 1] - start
        today = np.log(close[t, 0]) - slope * np.log(close[t, 1]) - start
        assert abs(today) >= 2.0 * np.sqrt((spread**2).sum() / 58) * (1 - 1e-9)
        assert np.sign(held[t, 0]) == -np.sign(today)
        assert held[t, 1] / held[t, 0] == pytest.approx(-slope)
        assert np.abs(held[t]).sum() == pytest.approx(1.0)


def test_pairs_close_both_legs_when_one_has_no_bar():
    close = cointegrated()
    held = weights("pairs", close)
    inside = int(np.flatnonzero(held[:, 0])[0])
    close[inside, 1] = np.nan
    assert not weights("pairs", close)[inside].any()


def test_pairs_stay_out_while_a_close_is_missing_in_the_lookback():
    close = cointegrated()
    hole = 200
    close[hole, 0] = np.nan
    held = weights("pairs", close, lookback=60)
    assert not held[hole : hole + 61].any()
    assert np.array_equal(held[:hole], weights("pairs", cointegrated(), lookback=60)[:hole])


def test_a_pairs_hedge_ratio_reads_nothing_of_the_session_that_it_is_used_in():
    close = cointegrated()
    opened = int(np.flatnonzero(weights("pairs", close)[:, 0])[0])
    ratio = weights("pairs", close)[opened, 1] / weights("pairs", close)[opened, 0]
    # A wilder first leg today widens the spread; the ratio of the legs stays that of the past.
    side = np.sign(weights("pairs", close)[opened, 1])
    close[opened, 0] *= np.exp(side * 0.05)
    held = weights("pairs", close[: opened + 1])[opened]
    assert held[1] / held[0] == ratio


@pytest.mark.parametrize("other", ["a share of the first", "a price that stands still"])
def test_pairs_make_nothing_of_the_rounding_of_logarithms(other):
    first = cointegrated()[:, 0]
    second = first / 3 if other == "a share of the first" else np.full(400, 33.1)
    assert not weights("pairs", np.column_stack([first, second])).any()


def test_pairs_share_the_equity_and_leave_an_odd_one_out():
    held = weights("pairs", np.column_stack([cointegrated(), cointegrated(), np.ones(400)]))
    assert not held[:, 4].any()
    assert np.array_equal(held[:, :2], held[:, 2:4])
    assert np.abs(held).sum(axis=1).max() == pytest.approx(1.0)


def test_risk_parity_gives_each_instrument_the_same_risk():
    rng = np.random.default_rng(2)
    moves = rng.normal(0, [0.005, 0.01, 0.02], (300, 3))
    close = 100 * np.cumprod(1 + moves, axis=0)
    held = weights("risk-parity", close, lookback=126)
    t = int(np.flatnonzero((held[1:] != held[:-1]).any(axis=1))[-1]) + 1
    parts = risk_contributions(held[t], covariance(close[t - 125 : t + 1] / close[t - 126 : t] - 1))
    assert held[t].sum() == pytest.approx(1.0)
    assert np.allclose(parts, parts.mean(), rtol=1e-9)
    assert held[t, 0] > held[t, 1] > held[t, 2]


def test_risk_parity_leaves_out_what_has_no_risk_or_misses_a_close():
    rng = np.random.default_rng(4)
    close = 100 * np.cumprod(1 + rng.normal(0, 0.01, (300, 4)), axis=0)
    close[:, 0] = 50.0
    close[:, 1] = 2.0 ** np.arange(300)  # the same return each session: no variance
    close[250, 2] = np.nan
    held = weights("risk-parity", close, lookback=126)
    assert held[-1].tolist() == [0.0, 0.0, 0.0, 1.0]


def test_risk_parity_takes_the_rounding_of_interest_for_no_risk():
    rng = np.random.default_rng(4)
    close = 100 * np.cumprod(1 + rng.normal(0, 0.01, (300, 3)), axis=0)
    alone = weights("risk-parity", close, lookback=126)[-1]
    accrued = 100 * 1.0001 ** np.arange(300)
    held = weights("risk-parity", np.column_stack([close, accrued]), lookback=126)[-1]
    assert held.tolist() == [*alone.tolist(), 0.0]


class HeavyTrade(Strategy):
    """All in what traded most today, by volume and by a channel of whole bars."""

    name = "heavy-trade"
    inputs = "volume", "donchian:5#middle@1"

    def weights(self, x, book):
        known = ~np.isnan(x).any(axis=0)
        best = np.nanmax(x[0], initial=0.0, where=known)
        return np.where(known & (x[0] == best), 1.0, 0.0) / max(known.sum(), 1)


def test_weights_may_read_whole_bars_and_refuse_without_them(whole_bars):
    bars = {field: panel.T for field, panel in whole_bars(60, 3).items()}
    close = bars.pop("close")
    held = weight_path(HeavyTrade(), close, session=SESSIONS[:60], calendar=XNYS, **bars)
    assert not held[:5].any()
    assert np.array_equal(np.argmax(held[5:], axis=1), np.argmax(bars["volume"][5:], axis=1))
    with pytest.raises(DataNotFit, match="'volume' needs volume: volume not given"):
        weights(HeavyTrade(), close)


class Wild(Strategy):
    name = "wild"

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def weights(self, x, book):
        return np.array(self.answer)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ([0.5], "shape"),
        ([0.9, -0.2], "weights of 1.1 in all, expected at most 1"),
        ([np.nan, 0], "weights of nan in all"),
        ([0, 0.5], "without a close"),
    ],
)
def test_weights_that_cannot_be_held_are_refused(answer, says):
    close = np.array([[1.0, np.nan]])
    with pytest.raises(DataNotFit, match=says):
        weights(Wild(answer), close)


IDS = ("sample:AAA", "sample:BBB", "own:BBB", "plain")


class Told(Wild):
    """What it answers is given as it is."""

    name = "told"

    def weights(self, x, book):
        assert book.instrument_ids == IDS
        return self.answer


def told(answer):
    close = np.ones((1, 4))
    return weight_path(
        Told(answer), close, session=SESSIONS[:1], calendar=XNYS, instrument_ids=IDS
    )[0].tolist()


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ([0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]),
        ({"plain": 0.4, "sample:AAA": 0.1}, [0.1, 0.0, 0.0, 0.4]),
        ({"AAA": 0.1, "own:BBB": np.float32(0.5)}, [0.1, 0.0, 0.5, 0.0]),
        (pd.Series([0.4, 0.3, 0.1], ["plain", "own:BBB", "AAA"]), [0.1, 0.0, 0.3, 0.4]),
        (pd.Series([0.1, 0.2, 0.3, 0.4]), [0.1, 0.2, 0.3, 0.4]),
        (pd.Series([0.1, 0.2, 0.3, 0.4], IDS)[::-1], [0.1, 0.2, 0.3, 0.4]),
        ({}, [0.0] * 4),
    ],
)
def test_weights_with_names_are_those_of_the_names(answer, wanted):
    assert told(answer) == wanted


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            {"CCC": 0.1},
            "a weight for 'CCC': expected names of book.instrument_ids, such as 'sample",
        ),
        ({"BBB": 0.1}, "a weight for 'BBB': expected names"),  # two have this symbol
        ({"sample:AAB": 0.1}, "did you mean 'sample:AAA'"),
        ({"AAA": 0.1, "sample:AAA": 0.1}, "two weights for 'sample:AAA'"),
        (pd.Series([0.1, 0.1], ["plain", "plain"]), "two weights for 'plain'"),
        (pd.Series([0.1, 0.2], index=[0, 3]), "a weight for 0: expected names"),
        (pd.Series([0.1, 0.2]), r"gave weights of shape \(2,\), expected \(4,\)"),
        ({"plain": None}, "weights of nan in all"),
        ({"plain": [0.1, 0.2]}, r"expected a number, got \(2,\)"),
        ({"plain": "half"}, "weight of 'plain' by strategy 'told': expected numbers"),
        (pd.DataFrame([[0.1] * 4]), r"gave weights of shape \(1, 4\)"),
        (["a", "b", "c", "d"], "weights of strategy 'told': expected numbers, but 0 is 'a'"),
        (None, r"expected numbers|gave weights of shape \(\)"),
    ],
)
def test_names_that_do_not_fit_are_refused(answer, says):
    with pytest.raises(DataNotFit, match=says):
        told(answer)


def test_a_strategy_that_writes_into_what_it_gets_changes_nothing(walks):
    class Vandal(Strategy):
        name = "vandal"
        inputs = ("close",)

        def weights(self, x, book):
            x[:] = book.closes[:] = book.asked[:] = 7.0
            return np.zeros(x.shape[1])

    close = walks(30)
    before = close.copy()
    assert not weights(Vandal(), close).any()
    assert np.array_equal(close, before)


def test_a_symbol_strategy_gives_no_weights(walks):
    with pytest.raises(BadParameter, match="one instrument at a time"):
        weights("sma-cross", walks(30))


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("pairs", {"entry": 1.0, "leave": 1.0}, "below entry"),
        ("rsi-reversion", {"low": 50.0, "high": 40.0}, "below high"),
    ],
)
def test_thresholds_in_the_wrong_order_are_refused(name, parameters, says):
    with pytest.raises(BadParameter, match=says):
        make_strategy(name, parameters)
