"""What a world says of itself is true of its bars: no edge in the null, planted ones as stated."""

from datetime import date

import numpy as np
import pytest

from market.inference import backtest_overfitting, deflate
from tests.market.worlds.worlds import FIRST, LAST, world, z_of

pytestmark = pytest.mark.slow

PLAIN = ("WLD021", "WLD022", "WLD023", "WLD024")
LONG = {"start": date(1992, 1, 1), "end": date(2039, 11, 30)}


def held(bars, position):
    """Simple returns of a position decided at each close, from the next open to the one after."""
    opens = bars.open[2:] / bars.open[1:-1] - 1.0
    return position[:-2] * opens


def rules(bars):
    """Three rules of closes: yesterday's direction, against the week, above the mean of 20."""
    log = np.log(bars.close)
    day, week = np.diff(log, prepend=log[0]), np.zeros(len(log))
    week[5:] = log[5:] - log[:-5]
    mean = np.convolve(bars.close, np.full(20, 1 / 20), mode="full")[: len(log)]
    return {"follow": np.sign(day), "against": -np.sign(week), "above": np.sign(bars.close - mean)}


def sharpes(mode, symbols, seeds):
    found = {}
    for seed in seeds:
        one = world(seed=seed, mode=mode)
        for symbol in symbols:
            bars = one.daily(symbol, FIRST, LAST)
            for name, position in rules(bars).items():
                gains = held(bars, position)
                found.setdefault(name, []).append(gains.mean() / gains.std())
    return found


def test_in_the_null_no_rule_earns_at_the_next_open():
    for name, found in sharpes("null", PLAIN[:2], range(30)).items():
        assert abs(z_of(found)) < 3.0, name


def test_a_rule_that_fits_the_planted_signal_earns():
    found = sharpes("planted", ["WLD010"], range(30))
    assert z_of(found["follow"]) > 4.0


def test_in_the_null_the_expected_return_of_any_state_is_zero():
    gains, lags = [], []
    for seed in range(60):
        one = world(seed=seed)
        returns = np.array([one.returns(symbol) for symbol in ("WLD001", "WLD013", *PLAIN)])
        simple = np.expm1(returns)
        gains.append(simple.mean())
        lags.append([[np.corrcoef(x[k:], x[:-k])[0, 1] for k in (1, 2, 5)] for x in returns])
        assert {regime.drift for regime in one.regimes.regimes} == {0.0}
        assert one.signals() == ()
    assert abs(z_of(gains)) < 3.0
    mean = np.mean(lags, axis=(0, 1)) + 1 / 500  # the sample's bias is -1/n
    assert np.abs(mean).max() < 3 / np.sqrt(60 * 6 * 500) * 2  # instruments move together


def minute_gains(minutes):
    """What three rules of a session's minutes make of the moves of the minutes after."""
    moves = np.diff(minutes.close) / minutes.close[:-1]
    since = minutes.close / minutes.open[0] - 1.0
    up = np.maximum.accumulate(minutes.high) / minutes.open[0] - 1.0
    down = 1.0 - np.minimum.accumulate(minutes.low) / minutes.open[0]
    return {
        "follow": (np.sign(moves[:-1]) * moves[1:]).sum(),
        "since the open": (np.sign(since[:-1]) * moves).sum(),
        "range so far": (np.sign(up - down)[:-1] * moves).sum(),
    }


def test_in_the_null_minutes_tell_nothing_of_the_minutes_after():
    found = {}
    for seed in range(8):
        one = world(seed=seed)
        for row in range(0, 500, 5):
            gains = minute_gains(one.minutes("WLD024", one.sessions[row].item()))
            for name, gain in gains.items():
                found.setdefault(name, []).append(gain)
    for name, gains in found.items():
        assert abs(z_of(gains)) < 3.0, name


def search(one, symbol):
    """Daily returns of 16 rules on one instrument: follow the past n sessions."""
    closes = one.closes(symbol)
    returns = closes[1:] / closes[:-1] - 1.0
    trials = []
    for n in range(1, 17):
        past = np.zeros(len(returns))
        past[n:] = np.sign(closes[n:-1] / closes[: -n - 1] - 1.0)
        trials.append(past * returns)
    return np.stack(trials, axis=1)[20:]


@pytest.mark.parametrize(
    ("mode", "symbol", "real"), [("null", "WLD024", 0), ("planted", "WLD010", 1)]
)
def test_deflation_and_overfitting_say_no_in_the_null_and_yes_where_something_is(
    mode, symbol, real
):
    span = {"start": date(2010, 1, 1), "end": date(2029, 12, 31)}
    searches = [search(world(seed=seed, mode=mode, **span), symbol) for seed in range(16)]
    deflated = np.array([deflate(one).probability for one in searches])
    overfit = np.mean([backtest_overfitting(one, blocks=10).probability for one in searches])
    if real:
        assert (deflated > 0.95).all()
        assert overfit < 0.2
    else:
        assert (deflated > 0.95).sum() <= 2
        assert 0.35 < overfit < 0.65


def test_volatility_and_correlation_by_true_regime_are_the_stated_ones():
    one = world(**LONG)
    truth = one.regimes
    returns = np.array([one.returns(symbol) for symbol in PLAIN])
    loadings = [one.loadings(symbol) for symbol in PLAIN]
    volatilities = []
    for state, regime in enumerate(truth.regimes):
        chosen = returns[:, truth.states == state]
        count = chosen.shape[1]
        stated = np.array([each.volatility(regime) for each in loadings])
        realised = chosen.std(axis=1) * np.sqrt(one.hours.per_year)
        np.testing.assert_allclose(realised, stated, rtol=4 / np.sqrt(2 * count))
        found = np.corrcoef(chosen)
        for i, first in enumerate(loadings):
            for j, second in enumerate(loadings[:i]):
                apart = found[i, j] - first.correlation(second, regime)
                assert abs(apart) < 4 / np.sqrt(count)
        volatilities.append(stated.mean())
    assert volatilities == sorted(volatilities)
    calm, _, crisis = (loadings[0].correlation(loadings[1], each) for each in truth.regimes)
    assert crisis > calm + 0.1


def test_the_volatility_of_a_pairs_follower_counts_the_spread():
    one = world(mode="planted", **LONG)
    truth = one.regimes
    for symbol, spread in (("WLD011", False), ("WLD012", True)):
        loadings, returns = one.loadings(symbol), one.returns(symbol)
        assert (loadings.spread_vol > 0.0) is spread
        for state, regime in enumerate(truth.regimes):
            chosen = returns[truth.states == state]
            realised = chosen.std() * np.sqrt(one.hours.per_year)
            bound = 4 / np.sqrt(2 * len(chosen))
            assert realised == pytest.approx(loadings.volatility(regime), rel=bound)
    # In the null there is no pair.
    assert world(**LONG).loadings("WLD012").spread_vol == 0.0


def test_the_regimes_follow_their_chain():
    truth = world(**LONG).regimes
    moves = np.zeros((3, 3))
    np.add.at(moves, (truth.states[:-1], truth.states[1:]), 1.0)
    counts = moves.sum(axis=1, keepdims=True)
    error = np.sqrt(truth.transitions * (1 - truth.transitions) / counts)
    assert (np.abs(moves / counts - truth.transitions) < 4 * error + 1e-12).all()
    np.testing.assert_allclose(truth.shares @ truth.transitions, truth.shares, atol=1e-12)


def test_the_planted_drift_is_the_regimes_and_nothing_else_moves_plain_instruments():
    null, planted = world(), world(mode="planted")
    drift = planted.regimes.by_session("drift") / 252
    for symbol in (*PLAIN, "WLD001", "WLD011"):
        added = planted.returns(symbol) - null.returns(symbol)
        np.testing.assert_allclose(added, planted.loadings(symbol).beta * drift, atol=1e-14)


@pytest.fixture(scope="module")
def planted():
    one = world(**LONG, mode="planted")
    return one, {signal.kind: signal for signal in one.signals()}


def symbols_of(signal):
    return [name.partition(":")[2] for name in signal.instrument_ids]


def annual(one, gains):
    return gains.mean() / gains.std() * np.sqrt(one.hours.per_year)


def years(one):
    return len(one.sessions) / one.hours.per_year


def test_the_autoregression_is_found_at_its_strength(planted):
    one, signals = planted
    signal = signals["ar1"]
    returns = one.returns(*symbols_of(signal))
    now, before = returns[1:], returns[:-1]
    # Variance follows the regimes: White's standard error, not the one of equal variances.
    error = np.sqrt((before**2 * now**2).sum()) / (before**2).sum()
    assert abs((now * before).sum() / (before**2).sum() - signal.coefficient) < 3 * error
    assert abs(np.corrcoef(now, before)[0, 1] - signal.ic) < 3 * error
    assert abs(annual(one, now * before) - signal.sharpe) < 3 / np.sqrt(years(one))


def test_the_pair_is_found_at_its_strength(planted):
    one, signals = planted
    signal = signals["pair"]
    first, second = (np.log(one.closes(symbol)) for symbol in symbols_of(signal))
    spread = second - first
    spread -= spread.mean()
    moves, before = np.diff(spread), spread[:-1]
    error = np.sqrt((1 - signal.coefficient**2) / len(moves))
    assert abs((spread[1:] * before).sum() / (before**2).sum() - signal.coefficient) < 3 * error
    assert abs(np.corrcoef(-before, moves)[0, 1] - signal.ic) < 3 / np.sqrt(len(moves))
    assert abs(annual(one, -before * moves) - signal.sharpe) < 3 / np.sqrt(years(one))


def test_momentum_is_found_at_its_strength(planted):
    one, signals = planted
    signal = signals["momentum"]
    symbols = symbols_of(signal)
    closes = np.log([one.closes(symbol) for symbol in symbols])
    past = closes[:, signal.lookback : -1] - closes[:, : -signal.lookback - 1]
    score = (past - past.mean(axis=0)) / past.std(axis=0)
    moves = np.diff(closes)[:, signal.lookback :]
    own = one.loadings(symbols[0]).own_vol / np.sqrt(one.hours.per_year)
    scaled = moves / (own * one.regimes.by_session("own")[signal.lookback + 1 :])
    error = 1 / np.sqrt(score.size)
    assert abs((score * scaled).mean() - signal.coefficient) < 3 * error
    apart = scaled - scaled.mean(axis=0)
    # A cross-section of k less its mean has (k - 1) / k of the variance.
    fitted = (score * apart).mean() / np.sqrt((apart**2).mean() * 8 / 7)
    assert abs(fitted - signal.ic) < 3 * error
    gains = (score * moves).mean(axis=0)
    assert abs(annual(one, gains) - signal.sharpe) < 3 / np.sqrt(years(one))


def test_the_drift_of_the_market_earns_its_stated_ratio():
    # Forty-eight years tell a ratio of 0.4 to ±0.45: many worlds tell it apart from nothing.
    found = []
    for seed in range(20):
        one = world(seed=seed, mode="planted", instruments=200, start=date(2004, 1, 1))
        market = np.mean(
            [np.expm1(one.returns(f"WLD{k:03d}")) for k in (21, 22, 23, 24, 45, 46, 47, 48)], axis=0
        )
        found.append(annual(one, market))
    assert z_of(found) > 2.0
    assert one.signals()[0].kind == "regime-drift"


def test_a_signal_that_the_world_holds_only_in_part_is_not_listed():
    assert [each.kind for each in world(mode="planted", instruments=15).signals()] == [
        *("regime-drift", "ar1", "pair")
    ]
