"""The point-in-time join against a plain definition of it, and what it must never do."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import DataNotFit
from market.joins import point_in_time
from tests.examples import examples

DAY = pd.Timestamp("2024-01-01", tz="UTC")
NAMES = ("A", "B")

facts_of = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 5), st.integers(0, 9), st.floats(-9, 9)),
    max_size=12,
    unique_by=lambda fact: fact[:3],
)
rows_of = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 10)), max_size=8)


def frame_of_facts(facts):
    columns = ["name", "period", "available_at", "value"]
    frame = pd.DataFrame(facts, columns=columns).astype({"name": str, "value": float})
    frame["available_at"] = DAY + pd.to_timedelta(frame["available_at"].astype(int), unit="D")
    return frame.astype({"period": float})


def frame_of_rows(rows):
    frame = pd.DataFrame(rows, columns=["name", "decided_at"]).astype({"name": str})
    frame["decided_at"] = DAY + pd.to_timedelta(frame["decided_at"].astype(int), unit="D")
    return frame


def join(rows, facts):
    return point_in_time(rows, facts, by="name", at="decided_at", about="period")


def plain(rows, facts):
    """For each row: the known fact of the latest period, and of its vintages the last."""
    for name, day in rows:
        known = [(period, at, value) for n, period, at, value in facts if n == name and at <= day]
        yield max(known)[2] if known else np.nan


@examples(60)
@given(rows=rows_of, facts=facts_of)
def test_each_row_gets_the_latest_fact_that_was_known_then(rows, facts):
    found = join(frame_of_rows(rows), frame_of_facts(facts))
    np.testing.assert_array_equal(found["value"].to_numpy(float), list(plain(rows, facts)))


@examples(40)
@given(rows=rows_of, facts=facts_of, cut=st.integers(0, 10))
def test_facts_that_became_known_later_change_no_earlier_row(rows, facts, cut):
    early = [row for row in rows if row[1] <= cut]
    known = [fact for fact in facts if fact[2] <= cut]
    whole = join(frame_of_rows(early), frame_of_facts(facts))
    pd.testing.assert_frame_equal(whole, join(frame_of_rows(early), frame_of_facts(known)))


def test_a_late_correction_of_an_old_period_does_not_hide_a_newer_one():
    facts = frame_of_facts([("A", 1, 1, 10.0), ("A", 2, 3, 20.0), ("A", 1, 5, 11.0)])
    found = join(frame_of_rows([("A", 4), ("A", 6)]), facts)
    assert found["value"].tolist() == [20.0, 20.0]


def test_rows_keep_their_order_and_index():
    rows = frame_of_rows([("B", 5), ("A", 2), ("B", 1)]).set_axis([7, 3, 9])
    found = join(rows, frame_of_facts([("B", 1, 0, 1.5)]))
    assert found.index.tolist() == [7, 3, 9]
    assert found["name"].tolist() == ["B", "A", "B"]
    np.testing.assert_array_equal(found["value"], [1.5, np.nan, 1.5])


def test_zones_may_differ_and_missing_zones_are_refused():
    rows = frame_of_rows([("A", 1)])
    facts = frame_of_facts([("A", 1, 1, 2.0)])
    york = facts.assign(available_at=facts["available_at"].dt.tz_convert("America/New_York"))
    assert join(rows, york)["value"].tolist() == [2.0]
    naive = facts.assign(available_at=facts["available_at"].dt.tz_localize(None))
    with pytest.raises(DataNotFit, match="one has a time zone and the other has none"):
        join(rows, naive)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda facts: facts.drop(columns="period"), "facts lack the column 'period'"),
        (lambda facts: facts.assign(decided_at=1), "both frames have the column 'decided_at'"),
        (lambda facts: facts.assign(period=np.nan), "facts have a missing key or time"),
    ],
)
def test_what_cannot_be_joined_is_refused_by_name(change, message):
    with pytest.raises(DataNotFit, match=message):
        join(frame_of_rows([("A", 1)]), change(frame_of_facts([("A", 1, 1, 2.0)])))


def test_where_there_are_no_facts_every_row_has_none_and_where_there_are_no_rows_none_come():
    names = {"by": "id", "at": "at", "about": "period"}
    times = pd.to_datetime(["2024-01-02", "2024-01-03"], utc=True)
    rows = pd.DataFrame({"id": ["a", "b"], "at": times}, index=[7, 7])
    nothing = pd.DataFrame(columns=["id", "period", "available_at", "value"])
    joined = point_in_time(rows, nothing, **names)
    assert joined.index.tolist() == [7, 7]
    assert joined.columns.tolist() == ["id", "at", "period", "available_at", "value"]
    assert joined["value"].isna().all()
    facts = pd.DataFrame({"id": ["a"], "period": [1], "available_at": times[:1], "value": [1.0]})
    assert len(point_in_time(pd.DataFrame(columns=["id", "at"]), facts, **names)) == 0
