"""Longer bars from shorter ones: by session, complete, and never known too early."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.bars import BAR_SCHEMA, Bars
from market.calendar import CALENDARS, get_calendar
from market.errors import BadParameter, DataNotFit
from market.quality.validation import validate
from market.resample import resample
from market.synthetic import SyntheticMarket
from market.tables import numbers, stamps
from market.timeframes import step_of
from tests.examples import examples
from tests.market.minutes import RECORDED, minute_table

EXACT = ("open", "high", "low", "close", "volume", "trade_count")
DAYS = st.dates(date(2009, 1, 1), date(2025, 12, 20))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def column(table: pa.Table, name: str) -> list[object]:
    return table.column(name).to_pylist()


def of(name: str, day: date, timeframe: str, **options) -> pa.Table:
    table = minute_table(name, day, day, **options)
    return resample(table, timeframe=timeframe, calendar=get_calendar(name))


@examples(40)
@given(
    st.sampled_from(CALENDARS),
    DAYS,
    st.integers(0, 2**31),
    st.floats(0.02, 1.0),
    st.sampled_from(["5Min", "30Min", "1Hour", "4Hour"]),
)
def test_minutes_to_days_are_minutes_to_hours_to_days(name, day, seed, keep, between) -> None:
    calendar = get_calendar(name)
    table = minute_table(name, day, day + timedelta(days=6), seed=seed, keep=keep, delay_s=7)
    straight = resample(table, timeframe="1Day", calendar=calendar)
    hours = resample(table, timeframe=between, calendar=calendar)
    detour = resample(hours, timeframe="1Day", calendar=calendar)
    rest = [field for field in BAR_SCHEMA.names if field != "vwap"]
    assert detour.select(rest) == straight.select(rest)
    np.testing.assert_allclose(numbers(detour, "vwap"), numbers(straight, "vwap"), rtol=1e-12)
    assert validate(hours, calendar=calendar)[0] == hours
    assert validate(straight, calendar=calendar)[0] == straight


@examples(40)
@given(
    st.sampled_from(CALENDARS),
    DAYS,
    st.integers(0, 2**31),
    st.sampled_from(["1Min", "15Min", "1Hour", "1Day"]),
    st.integers(0, 900),
    st.integers(0, 100),
)
def test_no_bar_is_known_before_its_last_minute(
    name, day, seed, timeframe, delay_s, late_h
) -> None:
    calendar = get_calendar(name)
    table = minute_table(name, day, day + timedelta(days=3), seed=seed, keep=0.3, delay_s=delay_s)
    known = stamps(table, "available_at")
    known[len(known) // 3 : len(known) // 3 + 1] += np.timedelta64(late_h, "h")  # none in holidays
    table = replaced(table, "available_at", known)
    bars = resample(table, timeframe=timeframe, calendar=calendar)
    starts, known = stamps(bars, "timestamp"), stamps(bars, "available_at")
    owner = np.searchsorted(starts, stamps(table, "timestamp"), side="right") - 1
    assert (known[owner] >= stamps(table, "available_at")).all()
    # Each bar is known at its own end or with the last of its rows, whatever its neighbours are.
    _, ends = calendar.spans(starts, step_of(timeframe))
    rows = [stamps(table, "available_at")[owner == bar].max() for bar in range(bars.num_rows)]
    latest = np.array(rows, dtype=known.dtype)  # a week of holidays has no bars
    np.testing.assert_array_equal(known, np.maximum(ends, latest))
    if timeframe == "1Day":
        place = calendar.parts.sessions[calendar.parts.locate(starts)]
        assert (known >= calendar.closes[place]).all()


@examples(30)
@given(st.sampled_from(CALENDARS), st.integers(0, 2**31), st.integers(0, 4 * 1440))
def test_what_was_known_is_a_prefix_of_what_is_known_later(name, seed, minute) -> None:
    day, calendar = date(2024, 7, 1), get_calendar(name)
    table = minute_table(name, day, day + timedelta(days=3), seed=seed, keep=0.5)
    as_of = utc(2024, 6, 30) + timedelta(minutes=minute)
    whole = resample(table, timeframe="1Hour", calendar=calendar)
    then = resample(table, timeframe="1Hour", calendar=calendar, as_of=as_of)
    assert then == whole.slice(0, then.num_rows)
    assert all(one <= as_of for one in column(then, "available_at"))
    assert all(one > as_of for one in column(whole.slice(then.num_rows), "available_at"))


def test_a_day_of_the_synthetic_market_is_the_sum_of_its_minutes() -> None:
    market, day = SyntheticMarket(instruments=1), date(2024, 2, 29)
    minutes = market.minutes("SYN001", day).to_arrow(recorded_at=RECORDED)
    daily = market.daily("SYN001", day, day).to_arrow(recorded_at=RECORDED)
    assert resample(minutes, timeframe="1Day", calendar=get_calendar("24/7")) == daily


def test_the_hours_of_new_york_are_counted_from_its_open() -> None:
    hours = of("XNYS", date(2024, 7, 2), "1Hour")
    assert column(hours, "timestamp")[:2] == [utc(2024, 7, 2, 13, 30), utc(2024, 7, 2, 14, 30)]
    assert hours.num_rows == 7
    assert column(hours, "available_at")[-2:] == [utc(2024, 7, 2, 19, 30), utc(2024, 7, 2, 20, 0)]


def test_a_half_day_ends_at_its_own_close() -> None:
    hours = of("XNYS", date(2024, 7, 3), "1Hour")
    assert hours.num_rows == 4
    assert column(hours, "available_at")[-1] == utc(2024, 7, 3, 17, 0)


def test_no_bar_spans_a_lunch_break() -> None:
    hours = of("XTKS", date(2024, 7, 2), "1Hour")
    assert [one.strftime("%H:%M") for one in column(hours, "timestamp")] == [
        "00:00", "01:00", "02:00", "03:30", "04:30", "05:30",
    ]  # fmt: skip
    assert column(hours, "available_at")[2] == utc(2024, 7, 2, 2, 30)
    assert of("XTKS", date(2024, 7, 2), "1Day").num_rows == 1


def test_a_session_across_midnight_is_one_day() -> None:
    daily = of("CMES", date(2024, 7, 2), "1Day")
    assert column(daily, "timestamp") == [utc(2024, 7, 1, 22, 0)]
    assert column(daily, "session") == [date(2024, 7, 2)]
    assert column(daily, "available_at") == [utc(2024, 7, 2, 21, 0)]


def test_a_day_without_its_last_minutes_is_known_at_the_close() -> None:
    table = minute_table("XNYS", date(2024, 7, 2), date(2024, 7, 2)).slice(3, 100)
    daily = resample(table, timeframe="1Day", calendar=get_calendar("XNYS"))
    assert column(daily, "available_at") == [utc(2024, 7, 2, 20, 0)]
    assert column(daily, "timestamp") == [utc(2024, 7, 2, 13, 30)]


def test_the_price_by_volume_is_that_of_all_that_traded() -> None:
    table = minute_table("XNYS", date(2024, 7, 2), date(2024, 7, 3), seed=3)
    daily = resample(table, timeframe="1Day", calendar=get_calendar("XNYS"))
    weights, prices = numbers(table, "volume")[:390], numbers(table, "vwap")[:390]
    assert column(daily, "vwap")[0] == pytest.approx(np.average(prices, weights=weights))
    assert column(daily, "trade_count")[0] == numbers(table, "trade_count")[:390].sum()
    assert daily.schema == BAR_SCHEMA


def changed(table: pa.Table, name: str, row: int, value: object) -> pa.Table:
    values = column(table, name)
    values[row] = value
    return replaced(table, name, values)


def replaced(table: pa.Table, name: str, values: object) -> pa.Table:
    field = BAR_SCHEMA.field(name)
    new = pa.array(values).cast(field.type)
    return table.set_column(BAR_SCHEMA.names.index(name), field, new)


def day_of(timeframe: str, **options) -> pa.Table:
    return of("XNYS", date(2024, 7, 2), timeframe, **options)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("45Min", "1Hour"),
        ("1Day", "1Hour"),
        ("1Hour", "30Min"),
        ("2Hour", "3Hour"),
        ("1Day", "1Min"),
    ],
)
def test_bars_that_span_several_new_bars_are_refused(source: str, target: str) -> None:
    calendar = get_calendar("XNYS")
    bars = day_of(source)
    for options in ({}, {"source": source}):
        with pytest.raises(DataNotFit, match=r"may last beyond 2024-07-02T.*: give shorter ones"):
            resample(bars, timeframe=target, calendar=calendar, **options)


@pytest.mark.parametrize("name", ["XNYS", "XTKS", "24/7", "CMES"])
@pytest.mark.parametrize(
    ("source", "target"), [("15Min", "1Hour"), ("1Hour", "4Hour"), ("1Hour", "1Hour")]
)
def test_bars_that_fit_are_summed_however_late_they_were_known(name, source, target) -> None:
    day, calendar = date(2024, 7, 2), get_calendar(name)
    table = minute_table(name, day, day, delay_s=600)
    bars = resample(table, timeframe=source, calendar=calendar)
    straight = resample(table, timeframe=target, calendar=calendar)
    rest = [field for field in BAR_SCHEMA.names if field != "vwap"]
    found = resample(bars, timeframe=target, calendar=calendar)
    assert found.select(rest) == straight.select(rest)
    assert resample(bars, timeframe=target, calendar=calendar, source=source) == found


def test_a_handful_of_late_minutes_is_summed_when_their_timeframe_is_given() -> None:
    calendar = get_calendar("XNYS")
    minutes = minute_table("XNYS", date(2024, 7, 2), date(2024, 7, 2), delay_s=4 * 3600)
    lone = minutes.take([45])
    with pytest.raises(DataNotFit, match="their timeframe as source"):
        resample(lone, timeframe="1Hour", calendar=calendar)
    found = resample(lone, timeframe="1Hour", calendar=calendar, source="1Min")
    assert numbers(found, "volume") == numbers(lone, "volume")


def test_the_same_minute_twice_is_refused() -> None:
    day = date(2024, 7, 2)
    table = minute_table("XNYS", day, day)
    with pytest.raises(DataNotFit, match=r"390 bars repeat a stamp, first 2024-07-02T13:30"):
        resample(pa.concat_tables([table, table]), timeframe="1Day", calendar=get_calendar("XNYS"))


def test_a_minute_without_its_time_known_is_refused() -> None:
    day = date(2024, 7, 2)
    table = changed(minute_table("XNYS", day, day), "available_at", 3, None)
    with pytest.raises(DataNotFit, match="1 bars have no available_at"):
        resample(table, timeframe="1Hour", calendar=get_calendar("XNYS"))


def test_encoded_ids_and_missing_columns() -> None:
    day, calendar = date(2024, 7, 2), get_calendar("XNYS")
    table = minute_table("XNYS", day, day)
    encoded = table.set_column(0, "instrument_id", table["instrument_id"].dictionary_encode())
    hours = resample(table, timeframe="1Hour", calendar=calendar)
    assert resample(encoded, timeframe="1Hour", calendar=calendar) == hours
    with pytest.raises(DataNotFit, match="no column vwap"):
        resample(table.drop_columns(["vwap"]), timeframe="1Hour", calendar=calendar)


def test_a_late_minute_makes_its_hour_late_and_no_other_is_shown_for_it() -> None:
    day, calendar = date(2024, 7, 2), get_calendar("XNYS")
    table = changed(minute_table("XNYS", day, day), "available_at", 65, utc(2024, 7, 2, 18, 0))
    hours = Bars.from_arrow(resample(table, timeframe="1Hour", calendar=calendar))
    known = hours.until(utc(2024, 7, 2, 17, 45))
    assert [one.hour for one in known.timestamp.tolist()] == [13, 15, 16]


@pytest.mark.parametrize("name", ["high", "low", "volume", "trade_count", "vwap"])
def test_what_one_minute_lacks_the_day_lacks(name: str) -> None:
    day = date(2024, 7, 2)
    table = changed(minute_table("XNYS", day, day), "volume", 5, 10.0)
    daily = resample(changed(table, name, 5, None), timeframe="1Day", calendar=get_calendar("XNYS"))
    assert column(daily, name) == [None]
    assert column(daily, "close") != [None]


def test_a_minute_that_did_not_trade_needs_no_price_by_volume() -> None:
    day = date(2024, 7, 2)
    table = changed(minute_table("XNYS", day, day), "volume", 5, 0.0)
    table = changed(table, "vwap", 5, None)
    daily = resample(table, timeframe="1Day", calendar=get_calendar("XNYS"))
    assert column(daily, "vwap") != [None]


def test_instruments_stay_apart_and_order_does_not_matter() -> None:
    day, calendar = date(2024, 7, 2), get_calendar("XNYS")
    one = minute_table("XNYS", day, day, seed=1, instrument_id="a")
    two = minute_table("XNYS", day, day, seed=2, instrument_id="b")
    both = pa.concat_tables([two, one])
    shuffled = both.take(np.random.default_rng(0).permutation(both.num_rows))
    apart = [resample(each, timeframe="1Hour", calendar=calendar) for each in (one, two)]
    assert resample(shuffled, timeframe="1Hour", calendar=calendar) == pa.concat_tables(apart)


def test_one_backfilled_minute_makes_a_backfilled_day() -> None:
    day = date(2024, 7, 2)
    table = changed(minute_table("XNYS", day, day), "vintage", 7, "backfilled")
    hours = resample(table, timeframe="1Hour", calendar=get_calendar("XNYS"))
    assert column(hours, "vintage") == ["backfilled"] + ["recorded"] * 6


def test_bars_outside_their_session_are_refused() -> None:
    table = minute_table("24/7", date(2024, 7, 2), date(2024, 7, 2))
    with pytest.raises(DataNotFit, match="1050 bars lie outside their session of XNYS"):
        resample(table, timeframe="1Day", calendar=get_calendar("XNYS"))
    lunch = minute_table("24/7", date(2024, 7, 2), date(2024, 7, 2)).slice(150, 60)
    assert validate(lunch, calendar=get_calendar("XTKS"))[1].num_rows == 60


def test_nothing_gives_nothing() -> None:
    empty = BAR_SCHEMA.empty_table()
    assert resample(empty, timeframe="1Day", calendar=get_calendar("XNYS")) == empty


@pytest.mark.parametrize(
    "timeframe", ["", "Day", "2Day", "0Min", "1min", "25Hour", "1Week", "-1Min"]
)
def test_an_unknown_timeframe_is_named(timeframe: str) -> None:
    with pytest.raises(BadParameter, match=f"timeframe='{timeframe}': expected") as caught:
        resample(BAR_SCHEMA.empty_table(), timeframe=timeframe, calendar=get_calendar("24/7"))
    assert caught.value.parameter == "timeframe"


def test_minutes_to_minutes_changes_nothing() -> None:
    table = minute_table("XHKG", date(2024, 7, 2), date(2024, 7, 3), delay_s=3)
    again = resample(table, timeframe="1Min", calendar=get_calendar("XHKG"))
    quiet = numbers(table, "volume") == 0.0  # without volume there is no price by volume
    rest = [name for name in BAR_SCHEMA.names if name != "vwap"]
    assert again.select(rest) == table.select(rest)
    np.testing.assert_allclose(
        numbers(again, "vwap"), np.where(quiet, np.nan, numbers(table, "vwap")), rtol=1e-15
    )
