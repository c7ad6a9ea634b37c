"""No shipped feature set looks ahead, a universe of restated, split and late data included."""

import numpy as np
import pandas as pd
import pytest

from market import leaks
from market.actions import adjust_forward
from market.actions.standing import standing
from market.bars import Bars
from market.calendar import get_calendar
from market.features import (
    CALENDAR,
    CLOSE_CROSS_SECTION,
    INDICATORS,
    BasePanel,
    Column,
    FeatureSet,
    UniverseSet,
)
from market.features import UniverseColumn as Across
from market.labels import forward_return, volatility_regime
from market.leaks.world import close_of

pytestmark = [pytest.mark.no_cover, pytest.mark.slow]  # thousands of calls of what others cover


FIELDS = ("high", "low", "close", "volume")
FAST = UniverseSet(
    "fast",
    1,
    FeatureSet("fast-base", 1, 4, (Column("move", "return", (3,), ""),)),
    (
        Across("rank", "rank", "move", ""),
        Across("zscore", "zscore", "move", "", (0,)),
        Across("relative", "relative", "move", ""),
        Across("breadth", "breadth", "move", ""),
    ),
    delay_s=0,
)


def clean(report):
    return (str(report), report.warnings) == (f"no look-ahead found in {report.probes} probes", ())


def test_indicators_from_the_first_bar_are_clean():
    def compute(frame):
        values = INDICATORS.compute(**{name: frame[name].to_numpy() for name in FIELDS})
        return pd.DataFrame(values, columns=list(INDICATORS.names))

    assert clean(leaks.check(compute, leaks.synthetic_bars(rows=120)))


def test_the_calendar_set_is_clean():
    calendar = get_calendar("XNYS")

    def compute(frame):
        return CALENDAR.compute(frame["session"].to_numpy(), calendar)

    bars = leaks.synthetic_bars(rows=100)
    bars["session"] = calendar.days[2500:2600]

    def on_sessions(frame):
        # Replaced futures hold other days: the rows are taken as sessions of their own.
        inside = np.isin(frame["session"].to_numpy().astype("datetime64[D]"), calendar.days)
        values = np.full((len(frame), len(CALENDAR.names)), np.nan)
        values[inside] = compute(frame[inside])
        return values

    assert clean(leaks.check(on_sessions, bars, most_cuts=60))


def of_four_series(frame, chosen):
    """Four causal series stand for four instruments, known at the close."""
    closes = frame[["open", "high", "low", "close"]].to_numpy()
    session = frame["session"].to_numpy().astype("datetime64[D]")
    close = session.astype("datetime64[us]") + np.timedelta64(21, "h")
    base = np.stack([chosen.base.compute(one) for one in closes.T], axis=1)
    known = np.repeat(close[:, np.newaxis], 4, axis=1)
    given = BasePanel(("a", "b", "c", "d"), session, base, known)
    rows = chosen.compute(given, member=np.ones(known.shape, dtype=bool), session_close=close)
    return rows.features


@pytest.mark.parametrize("chosen", [FAST, CLOSE_CROSS_SECTION], ids=lambda one: one.name)
def test_universe_sets_are_clean(chosen):
    def compute(frame):
        return of_four_series(frame, chosen).reshape(len(frame), -1)

    assert clean(leaks.check(compute, leaks.synthetic_bars(rows=chosen.base.lookback + 120)))


def adjusted(world):
    """Closes adjusted forward by what the world knows of."""
    prices = world.closes()
    days = prices.index.to_numpy().astype("datetime64[D]")
    known = days.astype("datetime64[us]") + np.timedelta64(21, "h")
    missing = np.full(len(days), np.nan)
    for name in prices:
        close = prices[name].to_numpy()
        bars = Bars(name, known, days, missing, missing, missing, close, missing, known)
        prices[name] = adjust_forward(bars, standing(world.actions)).close
    return prices


def row_at(world, session, *, names):
    """One barrier, as serving computes it: from what `world` holds at that session."""
    at = np.array([close_of(session).replace(tzinfo=None)], dtype="datetime64[us]")
    prices = adjusted(world)
    prices = prices[prices.index <= pd.Timestamp(session)].reindex(columns=names)
    members = world.index_on(session.astype("datetime64[D]").item())
    base = np.stack([FAST.base.latest(one) for one in prices.to_numpy().T])[np.newaxis]
    known = np.where(np.isnan(prices.to_numpy()[-1:]), np.datetime64("NaT"), at[:, np.newaxis])
    given = BasePanel(names, np.array([session], "datetime64[D]"), base, known)
    member = np.array([[name in members for name in names]])
    return FAST.compute(given, member=member, session_close=at).features[0].ravel()


NAMES = tuple(f"world:W{k}" for k in range(6))


def at_the_barrier(world):
    rows = [row_at(world.until(close_of(s)), s, names=NAMES) for s in world.sessions]
    return pd.DataFrame(np.array(rows))


def with_hindsight(world):
    return pd.DataFrame(np.array([row_at(world, s, names=NAMES) for s in world.sessions]))


def test_a_universe_that_closes_at_its_barrier_knows_of_no_later_event():
    report = leaks.check_world(at_the_barrier, sessions=24, cuts=1)
    assert clean(report)


def test_the_same_universe_without_a_barrier_is_found_out_by_a_restatement():
    events = {"restatement": leaks.EVENTS["restatement"]}
    report = leaks.check_world(with_hindsight, events=events, sessions=24, cuts=1)
    assert report.verdict == "leak"


def test_features_of_prices_adjusted_forward_in_one_pass_know_of_no_later_event():
    """From all bars and actions at once, in time or not: no row reads an action before its ex-date."""
    moves = FeatureSet("moves", 1, 4, (Column("move", "return", (3,), ""),))

    def in_one_pass(world):
        prices = adjusted(world).reindex(columns=NAMES)
        return pd.DataFrame({name: moves.compute(prices[name].to_numpy())[:, 0] for name in NAMES})

    told_anew = {"restatement", "amended split", "split called off"}
    events = {name: one for name, one in leaks.EVENTS.items() if name not in told_anew}
    assert clean(leaks.check_world(in_one_pass, events=events))


@pytest.mark.parametrize("label", [forward_return, volatility_regime])
def test_labels_look_ahead_and_are_found_to_by_exactly_their_horizon(label):
    options = {"history": 20} if label is volatility_regime else {}

    def compute(frame):
        return label(frame["close"].to_numpy(), horizon=5, **options).value

    report = leaks.check(compute, leaks.synthetic_bars(rows=100))
    assert (report.verdict, report.bars_ahead) == ("leak", 5)
