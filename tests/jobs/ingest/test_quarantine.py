"""Refused bars: held once, settled once, and judged again by today's rules."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cluster.errors import BadInput, NotFound
from cluster.settings import Settings
from cluster.stores.lake import Lake
from jobs.ingest.quarantine import discard, find, listed
from jobs.ingest.replay import replay
from jobs.ingest.run import ingest
from market.bars import INSTANT
from tests.windowed import DAYS, LAST, Windowed

NOW = datetime(2025, 3, 2, 6, tzinfo=UTC)
LATER = datetime(2025, 3, 3, 6, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path)


@pytest.fixture
def lake(settings):
    return Lake(settings.lake_url)


def run(settings, change=lambda table: table, *, now=NOW):
    return ingest(settings, dataset="windowed", clock=lambda: now, provider=Windowed(change=change))


def changed(table, column, values):
    index = table.schema.get_field_index(column)
    return table.set_column(index, table.schema.field(index), values)


def of_aaa(change):
    """Only the first instrument's tables are changed."""
    return lambda table: change(table) if table["instrument_id"][0].as_py()[-1] == "A" else table


@of_aaa
def early(table):
    """The last session's bar claims to end an hour from now."""
    last = pc.equal(table["session"], LAST)
    ends = pc.if_else(last, datetime(2025, 3, 2, 7, tzinfo=UTC), table["available_at"])
    return changed(table, "available_at", ends.cast(INSTANT))


@of_aaa
def repeated(table):
    """The first bar of each window comes a second time with another close."""
    twin = changed(table[:1], "close", pa.array([table["close"][0].as_py() + 0.5]))
    return pa.concat_tables([table, twin])


def rows(lake):
    return lake.bars(["windowed:AAA"], timeframe="1Day").num_rows


def test_a_refused_bar_is_held_once_however_often_it_comes(settings, lake):
    reports = [run(settings, early) for _ in range(2)]
    assert [one.refused for one in reports] == [1, 1]
    (row,) = listed(lake, state="held")
    assert (row["reason"], row["instrument_id"]) == ("ends in the future", "windowed:AAA")
    assert (row["session"], row["dataset"], row["timeframe"]) == (LAST, "windowed", "1Day")


def test_replay_commits_what_is_good_now_and_only_once(settings, lake):
    run(settings, early)
    held = listed(lake, state="held")
    too_soon = replay(lake, held, now=NOW, replace=False)
    assert (too_soon.accepted, too_soon.held) == (0, {"ends in the future": 1})
    assert rows(lake) == DAYS - 1
    for _ in range(2):
        replay(lake, listed(lake, state="held"), now=LATER, replace=False)
        assert rows(lake) == DAYS
        assert [row["state"] for row in listed(lake)] == ["accepted"]


def test_a_replay_that_died_between_its_commits_is_completed_by_the_next(settings, lake):
    run(settings, early)
    held = listed(lake, state="held")
    replay(lake, held, now=LATER, replace=False)
    version = lake.tables["bars"].delta.version()
    outcome = replay(lake, held, now=LATER, replace=False)  # as read before: nobody had marked it
    assert outcome.accepted == 1
    assert lake.tables["bars"].delta.version() == version


def test_a_bar_never_takes_the_place_of_one_that_stands_unless_told_to(settings, lake):
    run(settings, repeated)
    (row, *_) = held = listed(lake, state="held")
    assert {one["reason"] for one in held} == {"duplicate stamp"}
    outcome = replay(lake, [row], now=LATER, replace=False)
    assert outcome.held == {"another bar stands at this stamp": 1}
    replay(lake, find(lake, [row["row_id"][:10]]), now=LATER, replace=True)
    bars = lake.bars(["windowed:AAA"], timeframe="1Day").to_pylist()
    (bar,) = [one for one in bars if one["timestamp"] == row["timestamp"]]
    assert bar["close"] == row["close"]
    assert rows(lake) == DAYS


def test_a_discarded_bar_is_not_told_of_again(settings, lake):
    run(settings, early)
    assert discard(lake, listed(lake, state="held"), now=NOW) == 1
    assert run(settings, early).refused == 0
    assert listed(lake, state="held") == []
    assert [row["state"] for row in listed(lake)] == ["discarded"]


def test_an_id_that_means_none_or_several_is_bad_input(settings, lake):
    run(settings, repeated)
    with pytest.raises(NotFound, match="quarantine has no bar 'zz'"):
        find(lake, ["zz"])
    with pytest.raises(BadInput, match="begins the ids of"):
        find(lake, [""])
