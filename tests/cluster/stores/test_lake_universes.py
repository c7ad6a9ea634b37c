"""Universes as intervals of membership: who was in on a day, as known at a time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cluster.errors import BadInput
from market.universes import Membership, members_on

ANNOUNCED = datetime(2024, 1, 2, tzinfo=UTC)
RECORDED = datetime(2024, 1, 3, tzinfo=UTC)
A = Membership("top-two", "t:A", date(2024, 1, 8), None, ANNOUNCED)
B = Membership("top-two", "t:B", date(2024, 1, 8), None, ANNOUNCED)
LEAVING = datetime(2024, 6, 1, tzinfo=UTC)
A_LEAVES = replace(A, end=date(2024, 6, 24), available_at=LEAVING)
C = Membership("top-two", "t:C", date(2024, 6, 24), None, LEAVING)


@pytest.fixture
def changed(lake):
    """A universe of two in which C takes A's place in June."""
    lake.append_memberships([A, B], recorded_at=RECORDED)
    lake.append_memberships([A_LEAVES, C], recorded_at=LEAVING)
    return lake


def test_members_are_those_of_the_day_not_todays(changed):
    stays = changed.memberships("top-two")
    assert members_on(stays, date(2024, 6, 21)) == ["t:A", "t:B"]
    assert members_on(stays, date(2024, 6, 24)) == ["t:B", "t:C"]
    assert members_on(stays, date(2024, 1, 5)) == []


def test_an_exit_is_unknown_before_it_was_announced(changed):
    stays = changed.memberships("top-two", as_of=LEAVING - timedelta(seconds=1))
    assert stays == [A, B]
    assert changed.memberships("top-two", as_of=LEAVING) == [A_LEAVES, B, C]


def test_other_universes_are_not_read(changed):
    changed.append_memberships([replace(B, universe="other")], recorded_at=RECORDED)
    assert [one.instrument_id for one in changed.memberships("other")] == ["t:B"]


@pytest.mark.parametrize("day", [date(2024, 1, 8), date(2024, 3, 1)])
def test_an_instrument_cannot_be_in_a_universe_twice_on_one_day(changed, day):
    twice = Membership("top-two", "t:B", day + timedelta(days=1), None, LEAVING)
    with pytest.raises(BadInput, match=r"t:B in top-two: .* overlap; end the first"):
        changed.append_memberships([twice], recorded_at=LEAVING)


def test_it_may_come_back(changed):
    back = Membership("top-two", "t:A", date(2024, 9, 2), None, LEAVING)
    assert changed.append_memberships([back], recorded_at=LEAVING).written == 1


def test_an_interval_that_ends_before_it_begins_and_a_bad_name_are_refused(lake):
    with pytest.raises(BadInput, match="leaves top-two before it enters"):
        lake.append_memberships([replace(A, end=date(2024, 1, 1))], recorded_at=RECORDED)
    with pytest.raises(BadInput, match="universe: expected lower-case"):
        lake.append_memberships([replace(A, universe="S&P 500")], recorded_at=RECORDED)
    assert lake.memberships() == []


def test_an_unknown_universe_names_the_rules_and_the_stored_ones(changed):
    with pytest.raises(
        BadInput, match=r"mean top-two\? There are synthetic, sample, index, top-two"
    ):
        changed.universe("top-tow")


def test_a_stored_universe_is_all_that_ever_were_members_or_those_of_a_day(
    changed, make_instrument
):
    symbols = {"t:A": "AAA", "t:B": "BBB", "t:C": "CCC"}
    changed.append_instruments(
        "t", [make_instrument(one, name) for one, name in symbols.items()], recorded_at=RECORDED
    )
    assert [one.symbol for one in changed.universe("top-two")] == ["AAA", "BBB", "CCC"]
    june = changed.universe("top-two", on=date(2024, 6, 24))
    assert [one.symbol for one in june] == ["BBB", "CCC"]
    before = changed.universe("top-two", on=date(2024, 6, 24), as_of=LEAVING - timedelta(days=1))
    assert [one.symbol for one in before] == ["AAA", "BBB"]


def test_members_go_by_the_symbol_of_the_day(changed, make_instrument):
    renamed = date(2024, 3, 1)
    changed.append_instruments(
        "t",
        [
            make_instrument("t:A", "OLD", valid_to=renamed),
            make_instrument("t:A", "NEW", valid_from=renamed),
            make_instrument("t:B", "BBB"),
        ],
        recorded_at=RECORDED,
    )
    on = {day: changed.universe("top-two", on=day) for day in (date(2024, 2, 1), renamed)}
    assert [[one.symbol for one in found] for found in on.values()] == [
        ["BBB", "OLD"],
        ["BBB", "NEW"],
    ]
