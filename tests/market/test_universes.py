"""Members of a day from intervals and from changes are the same members."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import DataNotFit
from market.universes import MembershipChange, intervals, members_after, members_on

START = date(2024, 1, 1)
KNOWN = datetime(2023, 12, 1, tzinfo=UTC)


def changes_of(turns):
    """Alternating entries and exits of each instrument on rising days, known ten days before."""
    for name, days in turns.items():
        for place, day in enumerate(sorted(days)):
            at = KNOWN + timedelta(days=day)
            yield MembershipChange(name, START + timedelta(days=day), place % 2 == 0, at)


turns = st.dictionaries(st.sampled_from("ABC"), st.sets(st.integers(0, 30), max_size=5))


@given(turns=turns, day=st.integers(0, 31))
def test_intervals_and_changes_name_the_same_members(turns, day):
    changes, on = list(changes_of(turns)), START + timedelta(days=day)
    last = {(one.instrument_id, one.start): one for one in intervals("x", changes)}
    assert members_on(last.values(), on) == sorted(members_after(changes, on))


@given(turns=turns, day=st.integers(0, 31), cut=st.integers(0, 31))
def test_changes_known_later_change_no_earlier_answer(turns, day, cut):
    changes, on = list(changes_of(turns)), START + timedelta(days=day)
    at = KNOWN + timedelta(days=cut)
    known = [one for one in changes if one.available_at <= at]
    assert members_after(changes, on, at=at) == members_after(known, on)


def test_leaving_twice_is_refused():
    changes = [MembershipChange("A", START, False, KNOWN)]
    with pytest.raises(DataNotFit, match="A leaves x twice by 2024-01-01"):
        list(intervals("x", changes))
