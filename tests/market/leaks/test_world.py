"""A function of whole worlds may not know of a split, delisting, restatement or member before its day."""

import numpy as np
import pandas as pd
import pytest

from market import leaks
from market.actions import Split
from market.errors import DataNotFit
from market.leaks.world import base_world, close_of


def adjusted_by_every_split(world):
    panel = world.closes()
    for action in world.actions:
        if isinstance(action, Split):
            panel.loc[
                : pd.Timestamp(action.ex_date) - pd.Timedelta(days=1), action.instrument_id
            ] /= action.ratio
    return panel


def survivors(world):
    panel = world.closes()
    return panel.loc[:, panel.iloc[-1].notna()]


def latest_vintage(world):
    return world.closes()


def members_of_today(world):
    last = world.index_on(world.sessions[-1].astype("datetime64[D]").item())
    return world.closes()[sorted(last)].mean(axis=1)


def first_vintage(world):
    first = world.bars.drop_duplicates(["instrument_id", "session"], keep="first")
    return first.pivot(index="session", columns="instrument_id", values="close")  # noqa: PD010


def point_in_time(world):
    """Mean close of the members, from what was known at each close."""
    rows = []
    for session in world.sessions:
        known = world.until(close_of(session))
        members = known.index_on(session.astype("datetime64[D]").item())
        rows.append(known.closes().iloc[-1][sorted(members)].mean())
    return pd.Series(rows, index=pd.DatetimeIndex(world.sessions), name="index")


@pytest.mark.parametrize(
    ("function", "event"),
    [
        (adjusted_by_every_split, "split"),
        (survivors, "delisting"),
        (latest_vintage, "restatement"),
        (members_of_today, "index membership"),
    ],
)
def test_each_kind_of_hindsight_is_found_by_the_event_that_shows_it(function, event):
    report = leaks.check_world(function, sessions=40, cuts=2)
    assert event in ", ".join(finding.probe for finding in report.findings)
    only = leaks.check_world(function, events={event: leaks.EVENTS[event]}, sessions=40, cuts=2)
    assert only.verdict == "leak"
    rest = {name: value for name, value in leaks.EVENTS.items() if name != event}
    if function is latest_vintage:
        assert leaks.check_world(function, events=rest, sessions=40, cuts=2).verdict == "clean"


def tomorrows_return(world):
    return world.closes()[["world:W3"]].pct_change().shift(-1)


def scaled_by_the_whole_sample(world):
    panel = world.closes()
    return panel["world:W5"] / panel["world:W5"].mean()


def progress(world):
    return np.arange(len(world.sessions)) / len(world.sessions)


@pytest.mark.parametrize(
    ("function", "events", "first_row"),
    [
        (tomorrows_return, {"other prices"}, None),
        (tomorrows_return, {"shorter market"}, None),
        (scaled_by_the_whole_sample, {"other prices"}, 0),
        (scaled_by_the_whole_sample, {"longer market"}, 0),
        (progress, {"shorter market"}, 1),
        (progress, {"longer market"}, 1),
    ],
)
def test_later_prices_and_the_length_of_the_market_are_found_whatever_the_instrument(
    function, events, first_row
):
    chosen = {name: leaks.EVENTS[name] for name in events}
    report = leaks.check_world(function, events=chosen, sessions=40, cuts=2)
    assert report.verdict == "leak"
    assert first_row is None or report.first_row == first_row


@pytest.mark.parametrize("function", [point_in_time, first_vintage])
def test_what_was_known_at_each_close_is_clean(function):
    report = leaks.check_world(function, sessions=24, cuts=1)
    assert str(report) == f"no look-ahead found in {report.probes} probes"


def test_a_restatement_is_read_five_sessions_back():
    report = leaks.check_world(latest_vintage, sessions=40, cuts=2)
    assert sorted(report.columns) == [f"world:W{at}" for at in range(6)]
    assert report.bars_ahead == 5


@pytest.mark.parametrize("event", leaks.EVENTS)
def test_worlds_are_equal_in_all_that_was_known_at_the_row(event):
    world = base_world(seed=3, sessions=60, instruments=6)
    other = leaks.EVENTS[event](world, 40)
    at = close_of(world.sessions[40])
    ours, theirs = world.until(at), other.until(at)
    pd.testing.assert_frame_equal(
        ours.bars.reset_index(drop=True), theirs.bars.reset_index(drop=True)
    )
    assert (ours.actions, ours.members) == (theirs.actions, theirs.members)
    after = close_of((world if event == "shorter market" else other).sessions[-1])
    if event not in {"shorter market", "longer market"}:
        after = close_of(world.sessions[41])
    later, changed = world.until(after), other.until(after)
    assert (
        not later.bars.equals(changed.bars)
        or later.actions != changed.actions
        or later.members != changed.members
    )


def test_a_function_of_a_world_must_answer_each_session():
    with pytest.raises(DataNotFit, match="not aligned"):
        leaks.check_world(lambda world: world.closes().iloc[1:])
    with pytest.raises(DataNotFit, match="failed on a world: KeyError"):
        leaks.check_world(lambda world: world.bars["price"])


def test_a_random_function_of_a_world_is_not_clean():
    rng = np.random.default_rng(0)
    report = leaks.check_world(lambda world: rng.random(len(world.sessions)), sessions=60)
    assert "not deterministic" in report.findings[0].probe
