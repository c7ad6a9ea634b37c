"""A backfill in windows: what stands is not asked for again, and nothing is double."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from cluster.errors import BadInput
from cluster.providers import (
    ProviderError,
    ProviderUnavailable,
    WrongSpacing,
    WrongZone,
    daily_bars,
)
from cluster.providers.alpaca.provider import AlpacaProvider
from cluster.providers.kit.patience import Patience
from cluster.settings import Settings
from cluster.stores.lake import Lake
from jobs.freshness import last_sessions
from jobs.ingest.report import Meter
from jobs.ingest.run import ingest
from jobs.ingest.standing import held_ids, windows
from market.bars import INSTANT
from market.calendar import get_calendar
from tests.alpaca_server import KEY, SECRET, AlpacaServer, sessions
from tests.windowed import DAYS, FIRST, LAST, WINDOW, Windowed

NOW = datetime(2025, 3, 2, 6, tzinfo=UTC)
AT_ONCE = Patience(sleep=lambda _: None)


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path)


def run(settings, provider, **options):
    return ingest(
        settings,
        dataset=provider.dataset,
        clock=lambda: NOW,
        provider=provider,
        patience=AT_ONCE,
        **options,
    )


def stored_and_distinct(settings):
    """Rows on disk that a version names, and the distinct bars among them."""
    lake = Lake(settings.lake_url)
    ids = [one.instrument_id for one in lake.instruments()]
    stored = sum(held.rows for held in lake.holdings())
    timeframes = {held.timeframe for held in lake.holdings()}
    return stored, sum(lake.bars(ids, timeframe=one).num_rows for one in timeframes)


def test_what_ended_long_before_the_rest_is_still_known_to_be_held(settings):
    """The newest weeks tell of most instruments; CCC has bars in the first window alone."""

    def change(table):
        ended = pc.equal(table["instrument_id"], "windowed:CCC")
        late = pc.greater_equal(table["session"], FIRST + timedelta(days=3))
        return table.filter(pc.invert(pc.and_(ended, late)))

    run(settings, Windowed(change=change))
    lake = Lake(settings.lake_url)
    assert last_sessions(lake, "windowed", "1Day") == {
        "windowed:AAA": LAST,
        "windowed:BBB": LAST,
        "windowed:CCC": FIRST + timedelta(days=2),
    }
    assert last_sessions(lake, "windowed", "1Min") == {}


def test_each_window_is_a_commit_and_a_rerun_asks_for_the_last_session_alone(settings):
    first, second = Windowed(), Windowed()
    report = run(settings, first)
    assert report.timeframes[0].written == 3 * DAYS
    assert len(first.asked) == DAYS // WINDOW
    again = run(settings, second)
    assert [(start, end) for start, end, _ in second.asked] == [(LAST, LAST)]
    assert (again.timeframes[0].written, again.timeframes[0].unchanged) == (0, 3)
    assert again.snapshot == report.snapshot


def test_a_provider_that_dies_leaves_whole_windows_and_a_rerun_goes_on_from_there(settings):
    dying = Windowed(fails=[None, None, ProviderError("the source is gone")])
    with pytest.raises(ProviderError, match="the source is gone"):
        run(settings, dying)
    assert stored_and_distinct(settings) == (3 * 2 * WINDOW,) * 2
    rerun = Windowed()
    run(settings, rerun)
    assert rerun.asked[0][0] == FIRST + timedelta(days=2 * WINDOW - 1)
    assert stored_and_distinct(settings) == (3 * DAYS, 3 * DAYS)


def test_a_provider_that_fails_for_now_is_asked_again_and_nothing_is_double(settings):
    faults = [None, ProviderUnavailable("busy"), ProviderUnavailable("busy")]
    run(settings, provider := Windowed(fails=faults))
    assert provider.asked[1] == provider.asked[2] == provider.asked[3]
    assert stored_and_distinct(settings) == (3 * DAYS, 3 * DAYS)


def test_a_new_instrument_is_taken_from_the_start_beside_those_that_are_current(settings):
    few = Windowed()
    few.names = ("AAA", "BBB")
    run(settings, few)
    run(settings, more := Windowed())
    assert {symbols for _, _, symbols in more.asked[:-1]} == {("CCC",)}
    assert stored_and_distinct(settings) == (3 * DAYS, 3 * DAYS)


def test_an_instrument_whose_backfill_was_cut_short_is_completed(settings):
    few = Windowed()
    few.names = ("AAA", "BBB")
    run(settings, few)
    with pytest.raises(ProviderError):
        run(settings, Windowed(fails=[None, None, ProviderError("gone")]))
    run(settings, Windowed())
    assert stored_and_distinct(settings) == (3 * DAYS, 3 * DAYS)


def test_since_reads_again_and_a_correction_restates(settings):
    run(settings, Windowed())

    def corrected(table):
        index = table.schema.get_field_index("volume")
        volumes = pc.if_else(pc.is_null(table["volume"]), 5.0, table["volume"])
        return table.set_column(index, table.schema.field(index), volumes)

    day = date(2025, 2, 27)
    report = run(settings, Windowed(change=corrected), since=day)
    assert report.timeframes[0].restated == 3 * 3


def test_since_a_session_that_the_lake_does_not_reach_leaves_no_gap(settings):
    early = Windowed()
    early.last = FIRST + timedelta(days=5)
    run(settings, early)
    run(settings, Windowed(), since=LAST - timedelta(days=3))
    assert stored_and_distinct(settings) == (3 * DAYS, 3 * DAYS)


def test_since_a_session_that_is_to_come_takes_nothing(settings):
    class Whole(Windowed):
        def window(self, _timeframe):
            return None

    report = run(settings, whole := Whole(), since=LAST + timedelta(days=1))
    assert (report.timeframes[0].written, whole.asked) == (0, [])


def test_a_source_that_stamps_otherwise_than_before_doubles_no_session(settings):
    run(settings, Windowed())

    def five_hours_later(table):
        index = table.schema.get_field_index("timestamp")
        moved = pc.add(table["timestamp"], pa.scalar(timedelta(hours=5)))
        return table.set_column(index, table.schema.field(index), moved.cast(INSTANT))

    report = run(settings, Windowed(change=five_hours_later), since=FIRST)
    assert report.timeframes[0].refused == {"not stamped with its open": 3 * DAYS}
    assert stored_and_distinct(settings) == (3 * DAYS, 3 * DAYS)


def test_daily_bars_a_day_early_are_a_wrong_zone_and_nothing_is_written(settings):
    """Midnight in Tokyo read as UTC: Mondays become Sundays, and the rest would be a day early."""
    tokyo = get_calendar("XTKS")

    class Early(Windowed):
        def window(self, _timeframe):
            return None

        def instruments(self):
            return [replace(one, calendar="XTKS") for one in super().instruments()]

        def bars(self, _timeframe, instruments, *, start, end, recorded_at):
            days = tokyo.sessions(start, end) - 1
            close = {"close": np.arange(1.0, 1.0 + len(days))}
            for one in instruments:
                yield daily_bars(
                    one.instrument_id, days, close, calendar=tokyo, recorded_at=recorded_at
                )

    with pytest.raises(WrongZone, match="sessions stand a day early for XTKS"):
        run(settings, Early())
    assert not (settings.home / "lake").exists()


@pytest.mark.parametrize(("step", "told"), [(5, "5 sessions apart: weeks"), (21, "months")])
def test_weeks_of_a_provider_of_one_s_own_are_no_days(settings, step, told):
    always = get_calendar("24/7")

    class Seldom(Windowed):
        def span(self, _timeframe, *, now):
            return date(2024, 1, 1), LAST

        def window(self, _timeframe):
            return None

        def bars(self, _timeframe, instruments, *, start, end, recorded_at):
            days = always.sessions(start, end)[::step]
            close = {"close": np.arange(1.0, 1.0 + len(days))}
            for one in instruments:
                yield daily_bars(
                    one.instrument_id, days, close, calendar=always, recorded_at=recorded_at
                )

    with pytest.raises(WrongSpacing, match=f"{told}.*set thinly_traded = True"):
        run(settings, Seldom())
    assert not (settings.home / "lake").exists()
    thin = Seldom()
    thin.thinly_traded = True
    report = run(settings, thin)
    (taken,) = report.timeframes
    assert taken.written > 0
    assert taken.refused == {}


def test_bars_outside_what_was_asked_for_or_of_nobody_go_to_quarantine(settings):
    def foreign(table):
        name = table["instrument_id"][0].as_py()
        if name != "windowed:AAA":
            return table
        index = table.schema.get_field_index("instrument_id")
        other = ["windowed:ZZZ", *[name] * (table.num_rows - 1)]
        return table.set_column(index, table.schema.field(index), [other])

    report = run(settings, Windowed(change=foreign))
    assert report.timeframes[0].refused == {"the provider lists no such instrument": DAYS // WINDOW}
    assert stored_and_distinct(settings) == (3 * DAYS - DAYS // WINDOW,) * 2


def test_a_bar_that_is_not_over_is_never_committed(settings):
    def early(table):
        index = table.schema.get_field_index("available_at")
        last = pc.equal(table["session"], LAST)
        moved = pc.if_else(last, datetime(2025, 3, 2, 7, tzinfo=UTC), table["available_at"])
        return table.set_column(index, table.schema.field(index), moved.cast(INSTANT))

    report = run(settings, Windowed(change=early))
    assert report.timeframes[0].refused == {"ends in the future": 3}


def test_other_columns_are_an_error_and_nothing_is_written(settings):
    with pytest.raises(ProviderError, match="does not have the columns of bars"):
        run(settings, Windowed(change=lambda table: table.drop(["session"])))
    assert not (settings.home / "lake").exists()


def test_adjusted_prices_never_stand_beside_raw_ones(settings):
    run(settings, Windowed())

    class Adjusted(Windowed):
        def instruments(self):
            return [replace(one, adjusted=True) for one in super().instruments()]

    with pytest.raises(BadInput, match="mixed adjustments; take another dataset name"):
        run(settings, Adjusted())


@given(
    held=st.dictionaries(st.sampled_from(Windowed.names), st.dates(FIRST, LAST)),
    length=st.integers(1, 90).map(lambda n: timedelta(days=n)),
)
def test_windows_cover_what_is_not_held_once_and_in_order(held, length):
    instruments = Windowed().instruments()
    known = {f"windowed:{name}": day for name, day in held.items()}
    pieces = windows(instruments, first=FIRST, last=LAST, length=length, held=known)
    for one in instruments:
        own = [piece for piece in pieces if one in piece.instruments]
        days = [
            piece.start + timedelta(days=n)
            for piece in own
            for n in range((piece.end - piece.start).days + 1)
        ]
        assert days == sorted(set(days))
        assert all(piece.end - piece.start < length for piece in own)
        begin = known.get(one.instrument_id, FIRST)
        assert set(days) >= {begin + timedelta(days=n) for n in range((LAST - begin).days + 1)}


def test_progress_tells_speed_and_time_left():
    now = [0.0]
    meter = Meter(10, clock=lambda: now[0])
    assert not meter.due()
    now[0] = 4.0
    meter.add(1000)
    meter.add(1000)
    assert meter.due()
    assert str(meter) == "2 of 10, 2,000 rows, 500 rows/s, ETA 0:16"


@pytest.fixture
def alpaca(settings, monkeypatch):
    """A server, and settings that lead to it; a window is thirty days instead of a year."""
    monkeypatch.setattr(AlpacaProvider, "window", lambda *_: timedelta(days=30))
    server = AlpacaServer()
    server.page = 20
    wired = settings.model_copy(
        update={
            "alpaca_api_key": SecretStr(KEY),
            "alpaca_api_secret": SecretStr(SECRET),
            "alpaca_data_url": server.url,
            "alpaca_trading_url": server.url,
            "alpaca_start": date(2024, 1, 2),
            "alpaca_minute_days": 1,
            "alpaca_requests_per_minute": 1_000_000,
        }
    )
    yield server, wired
    server.close()


ALPACA_NOW = datetime(2024, 3, 20, 12, tzinfo=UTC)


def take_alpaca(settings, *, now=ALPACA_NOW, **options):
    return ingest(
        settings,
        dataset="alpaca",
        clock=lambda: now,
        patience=Patience(attempts=3, sleep=lambda _: None),
        **options,
    )


@pytest.mark.parametrize("fault", ["repeat", "drop", "shuffled"])
def test_whatever_a_page_does_the_last_commit_stands_and_a_rerun_completes(alpaca, fault):
    server, settings = alpaca
    server.faults.extend([None] * 4 + [fault] * 50)  # the second window's second page and on
    with pytest.raises(ProviderError, match="gave up after 3 attempts"):
        take_alpaca(settings, symbols=("AAA", "BBB"))
    window = len(sessions(date(2024, 1, 2), date(2024, 1, 31)))
    assert stored_and_distinct(settings) == (2 * window, 2 * window)
    server.faults.clear()
    report = take_alpaca(settings)  # the symbols are those that the lake holds
    days = len(sessions(date(2024, 1, 2), date(2024, 3, 19)))
    assert report.instruments == 2
    minutes = 2 * 390 * len(sessions(date(2024, 3, 18), date(2024, 3, 19)))
    assert stored_and_distinct(settings) == (2 * days + minutes,) * 2


def test_a_source_that_lies_about_time_zones_changes_nothing(alpaca):
    server, settings = alpaca
    server.hours = -5
    with pytest.raises(WrongZone, match="5 hours early"):
        take_alpaca(settings, symbols=("AAA",))
    assert not (settings.home / "lake").exists()


AAA = "alpaca:aaaa-1"
ANNOUNCED = {"id": "00000000-0000-0000-0000-0000000000a1", "process_date": "2024-03-25"}
LATER = datetime(2024, 3, 28, 12, tzinfo=UTC)


def last_session(settings):
    return last_sessions(Lake(settings.lake_url), "alpaca", "1Day")[AAA]


def test_an_instrument_that_the_lake_holds_is_found_by_its_new_symbol(alpaca):
    server, settings = alpaca
    take_alpaca(settings, symbols=("AAA", "BBB"))
    server.assets[0] |= {"symbol": "ZZZ"}
    server.actions = {
        "name_changes": [
            ANNOUNCED
            | {"old_symbol": "AAA", "new_symbol": "ZZZ", "old_cusip": "1", "new_cusip": "2"}
        ]
    }
    take_alpaca(settings, now=LATER)
    named = [one.symbol for one in Lake(settings.lake_url).instruments()]
    assert (last_session(settings), named) == (date(2024, 3, 27), ["AAA", "ZZZ", "BBB"])


def test_the_last_bars_and_the_delisting_of_what_was_to_end_are_still_taken(alpaca):
    server, settings = alpaca
    merger = {"acquirer_symbol": "X", "acquirer_cusip": "2", "acquiree_symbol": "AAA",
              "acquiree_cusip": "1", "rate": 10.0, "effective_date": "2024-03-25",
              "payable_date": "2024-03-25"}  # fmt: skip
    server.actions = {"cash_mergers": [ANNOUNCED | merger]}
    server.assets[0] |= {"status": "inactive"}
    server.without = [("AAA", date(2024, 3, 25), LATER.date())]
    take_alpaca(settings, symbols=("AAA", "BBB"))
    lake = Lake(settings.lake_url)
    assert lake.resolve(AAA, at=ALPACA_NOW).valid_to == date(2024, 3, 25)
    take_alpaca(settings, now=LATER)
    (gone,) = lake.actions([AAA])
    assert (last_session(settings), gone.ex_date) == (date(2024, 3, 22), date(2024, 3, 25))


def test_an_instrument_that_ended_long_ago_is_asked_for_no_more(alpaca):
    _, settings = alpaca
    take_alpaca(settings, symbols=("AAA", "BBB"))
    lake = Lake(settings.lake_url)
    ended = replace(lake.resolve(AAA, at=ALPACA_NOW), valid_to=date(2024, 2, 1))
    lake.append_instruments("alpaca", [ended], recorded_at=ALPACA_NOW)
    assert held_ids(lake, "alpaca") == ("alpaca:bbbb-2",)
