"""Actions: what they may say, when they count, and how they travel."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from market.actions import (
    ACTION_SCHEMA,
    Delisting,
    Dividend,
    Rename,
    SpecialDividend,
    SpinOff,
    Split,
    counted,
    from_arrow,
    renamed,
    to_arrow,
)
from market.calendar import get_calendar
from market.errors import BadParameter, DataNotFit
from market.instruments import Instrument

KNOWN = datetime(2024, 6, 3, 20, 30, tzinfo=UTC)
BASE = {"instrument_id": "x:A", "ex_date": date(2024, 7, 5), "available_at": KNOWN}
ALL = [
    Split(**BASE, ratio=2.0),
    Dividend(**BASE, amount=0.24, currency="USD", pay_date=date(2024, 7, 20)),
    SpecialDividend(**BASE, amount=3.0, currency="USD"),
    SpinOff(**BASE, child_id="x:B", ratio=0.25, child_price=40.0),
    Rename(**BASE, new_symbol="AA"),
    Delisting(**BASE, value=12.5),
    Delisting(**BASE, haircut=0.3),
    Dividend(**BASE, amount=0.1, currency="USD", event_id="vendor-17"),
]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_actions_come_back_from_arrow_as_they_went() -> None:
    table = to_arrow(ALL, recorded_at=KNOWN)
    assert table.schema == ACTION_SCHEMA
    assert from_arrow(table) == ALL
    assert from_arrow(ACTION_SCHEMA.empty_table()) == []


def test_an_unknown_kind_of_action_is_refused() -> None:
    table = to_arrow(ALL[:1], recorded_at=KNOWN)
    kinds = table.set_column(1, ACTION_SCHEMA.field("kind"), [["merger"]])
    with pytest.raises(DataNotFit, match="unknown kind of action 'merger': expected split"):
        from_arrow(kinds)


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (utc(2024, 7, 5, 13, 29), False),  # the session of the ex-date has not opened
        (utc(2024, 7, 5, 13, 30), True),
        (utc(2024, 7, 3, 20, 0), False),
    ],
)
def test_an_action_counts_from_the_open_of_its_ex_date(at: datetime, counts: bool) -> None:
    assert bool(counted(ALL[:1], at=at, calendar=get_calendar("XNYS"))) is counts


def test_an_action_announced_late_counts_from_its_announcement() -> None:
    late = replace(ALL[0], available_at=utc(2024, 7, 8, 15, 0))
    calendar = get_calendar("XNYS")
    assert counted([late], at=utc(2024, 7, 8, 14, 59), calendar=calendar) == []
    assert counted([late], at=utc(2024, 7, 8, 15, 0), calendar=calendar) == [late]


def test_the_session_decides_and_not_the_utc_date() -> None:
    monday = replace(ALL[0], ex_date=date(2024, 7, 8))
    sunday_evening = utc(2024, 7, 7, 22, 0)  # Monday's session has opened in Chicago
    assert counted([monday], at=sunday_evening, calendar=get_calendar("CMES")) == [monday]
    assert counted([monday], at=sunday_evening, calendar=get_calendar("24/7")) == []


def test_an_ex_date_on_a_holiday_counts_from_the_next_session() -> None:
    holiday = replace(ALL[0], ex_date=date(2024, 7, 4))
    calendar = get_calendar("XNYS")
    assert counted([holiday], at=utc(2024, 7, 4, 18, 0), calendar=calendar) == []
    assert counted([holiday], at=utc(2024, 7, 5, 13, 30), calendar=calendar) == [holiday]


def test_actions_are_ordered_by_ex_date() -> None:
    earlier = replace(ALL[1], ex_date=date(2024, 6, 28))
    found = counted([ALL[0], earlier], at=utc(2024, 7, 5, 18, 0), calendar=get_calendar("XNYS"))
    assert found == [earlier, ALL[0]]


def test_an_amended_announcement_replaces_the_first_once_it_is_available() -> None:
    first, calendar = ALL[1], get_calendar("XNYS")
    amended = replace(first, amount=0.30, available_at=utc(2024, 7, 8, 15, 0))
    other_kind, other_child = ALL[2], replace(ALL[3], child_id="x:C")
    rest = [other_kind, ALL[3], other_child]
    before = counted([amended, first, *rest], at=utc(2024, 7, 8, 14, 0), calendar=calendar)
    after = counted([amended, first, *rest], at=utc(2024, 7, 8, 15, 0), calendar=calendar)
    assert (first in before, amended in before) == (True, False)
    assert (first in after, amended in after) == (False, True)
    assert all(one in after for one in rest)


def at_noon(*actions: object) -> list[object]:
    return counted(actions, at=utc(2024, 7, 8, 16, 0), calendar=get_calendar("XNYS"))


@pytest.mark.parametrize("one", ALL)
def test_an_action_that_was_told_twice_counts_once(one) -> None:
    assert at_noon(one, one) == [one]
    again = replace(one, available_at=utc(2024, 7, 1))
    assert at_noon(again, one, again) == [again]


def test_announcements_of_one_instant_that_differ_are_refused_until_a_later_one_stands() -> None:
    one, other = ALL[1], replace(ALL[1], amount=1.0)
    with pytest.raises(DataNotFit, match=r"dividend of x:A on 2024-07-05 .* differ: .*event_id"):
        at_noon(one, other)
    corrected = replace(one, amount=2.0, available_at=utc(2024, 7, 1))
    for order in ([one, other, corrected], [corrected, other, one]):
        assert at_noon(*order) == [corrected]


def test_two_dividends_of_one_day_both_count_where_their_source_tells_them_apart() -> None:
    first = replace(ALL[1], event_id="A-1")
    second = replace(ALL[1], event_id="A-2", amount=0.5, available_at=utc(2024, 7, 1))
    assert at_noon(first, second) == [first, second]
    assert len({one.key for one in (first, second, ALL[1])}) == 3


def test_an_ex_date_that_moves_takes_its_action_along() -> None:
    first = replace(ALL[1], event_id="A-1", ex_date=date(2024, 7, 1))
    moved = replace(first, ex_date=date(2024, 7, 9), available_at=utc(2024, 7, 2))
    calendar = get_calendar("XNYS")
    assert counted([moved, first], at=utc(2024, 7, 1, 18), calendar=calendar) == [first]
    assert counted([moved, first], at=utc(2024, 7, 8, 18), calendar=calendar) == []
    assert counted([first, moved], at=utc(2024, 7, 9, 18), calendar=calendar) == [moved]


def test_an_id_that_looks_like_a_date_is_no_date() -> None:
    assert replace(ALL[1], event_id="2024-07-05").key != ALL[1].key
    children = [replace(ALL[3], event_id="A-1", child_id=name) for name in ("x:B", "x:C")]
    assert at_noon(*children) == children
    with pytest.raises(BadParameter, match="event_id of the dividend of x:A is empty"):
        replace(ALL[1], event_id="")


def test_a_table_without_a_column_is_named() -> None:
    with pytest.raises(DataNotFit, match="no column pay_date, child_id"):
        from_arrow(to_arrow(ALL, recorded_at=KNOWN).drop_columns(["pay_date", "child_id"]))


@pytest.mark.parametrize("worth", [0.0, -1.0, float("nan"), float("inf")])
def test_ratios_and_amounts_are_above_zero(worth: float) -> None:
    with pytest.raises(BadParameter, match=r"ratio=.* of the split of x:A on 2024-07-05"):
        Split(**BASE, ratio=worth)
    with pytest.raises(BadParameter, match="amount="):
        SpecialDividend(**BASE, amount=worth, currency="USD")
    with pytest.raises(BadParameter, match="child_price="):
        SpinOff(**BASE, child_id="x:B", ratio=1.0, child_price=worth)


def test_a_naive_announcement_is_refused() -> None:
    with pytest.raises(BadParameter, match="no time zone"):
        Rename(**(BASE | {"available_at": datetime(2024, 6, 3)}), new_symbol="AA")  # noqa: DTZ001


def test_a_delisting_has_a_value_or_a_haircut() -> None:
    assert Delisting(**BASE, value=12.5).worth(10.0) == 12.5
    assert Delisting(**BASE, value=0.0).final_return(10.0) == -1.0
    assert Delisting(**BASE, haircut=0.3).worth(10.0) == pytest.approx(7.0)
    assert Delisting(**BASE, haircut=0.3).final_return(10.0) == pytest.approx(-0.3)
    with pytest.raises(BadParameter, match=r"last_close=0\.0: expected above 0"):
        Delisting(**BASE, value=12.5).final_return(0.0)
    for wrong in ({}, {"value": 1.0, "haircut": 0.3}):
        with pytest.raises(BadParameter, match="either value or haircut"):
            Delisting(**BASE, **wrong)
    for wrong in ({"value": -1.0}, {"haircut": 1.1}, {"value": float("nan")}):
        with pytest.raises(BadParameter, match="expected 0"):
            Delisting(**BASE, **wrong)


INSTRUMENT = Instrument(
    instrument_id="x:A",
    symbol="A",
    name="A",
    exchange="XNYS",
    calendar="XNYS",
    currency="USD",
    valid_from=date(2020, 1, 1),
    valid_to=None,
    dataset="x",
    fields="ohlcv",
    adjusted=False,
    synthetic=True,
    lot_size=100.0,
    tick_size=0.01,
)


def test_a_rename_cuts_the_symbol_s_interval_and_keeps_the_instrument() -> None:
    before, after = renamed(INSTRUMENT, Rename(**BASE, new_symbol="AA"))
    assert (before.symbol, after.symbol) == ("A", "AA")
    assert before.instrument_id == after.instrument_id
    for day, valid in ((date(2024, 7, 4), before), (date(2024, 7, 5), after)):
        assert [one for one in (before, after) if one.is_valid_on(day)] == [valid]
    assert after.tick_size == 0.01


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"valid_to": date(2019, 12, 31)}, "valid_to=2019-12-31: expected 2020-01-01 or later"),
        ({"lot_size": -1.0}, r"lot_size=-1\.0 of x:A: expected above 0"),
        ({"tick_size": 0.0}, r"tick_size=0\.0 of x:A: expected above 0"),
        ({"tick_size": float("nan")}, "tick_size=nan"),
    ],
)
def test_an_instrument_that_cannot_be_is_refused(change, reason) -> None:
    with pytest.raises(BadParameter, match=reason):
        replace(INSTRUMENT, **change)


def test_a_rename_that_does_not_fit_is_refused() -> None:
    rename = Rename(**BASE, new_symbol="AA")
    ended = replace(INSTRUMENT, valid_to=date(2024, 7, 5))
    other = replace(INSTRUMENT, instrument_id="x:C")
    for wrong in (ended, other):
        with pytest.raises(DataNotFit, match="does not fit"):
            renamed(wrong, rename)
