"""Scores in the lake: one row a model version, instrument and session, wherever it lies."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from cluster.errors import BadInput
from cluster.stores.lake.scores import SCORE_SCHEMA, append_scores, scores

RECORDED = datetime(2024, 3, 1, tzinfo=UTC)
LATER = RECORDED + timedelta(days=30)
FIRST = "bars@0,instruments@0,scores@1"  # the table, then the first scores


def row(instrument_id="t:A", day=1, value=0.5, **changes):
    session = date(2024, 1, day)
    fields = {
        "model": "regime",
        "version": "1",
        "instrument_id": instrument_id,
        "session": session,
        "horizon": 21,
        "value": value,
        "quantiles": None,
        "in_sample": day < 3,
        "snapshot": "bars@0,instruments@0",
        "job_id": "score-1",
        "available_at": datetime(2024, 1, day, 21, tzinfo=UTC),
    }
    return fields | changes


def put(lake, *rows, at=RECORDED):
    table = pa.Table.from_pylist(list(rows), schema=SCORE_SCHEMA)
    return append_scores(lake, table, recorded_at=at)


def said(lake, **options):
    table = scores(lake, **{"model": "regime", **options})
    return [(r["instrument_id"], r["session"].day, r["value"]) for r in table.to_pylist()]


@pytest.fixture
def filled(lake):
    """Two instruments over four days, and another version and another model beside them."""
    mine = [row(name, day, day / 10) for name in ("t:B", "t:A") for day in (4, 3, 2, 1)]
    put(lake, *mine, row(version="2", value=0.9), row(model="other", value=0.8))
    return lake


def test_a_read_gives_the_rows_asked_for_in_order(filled):
    every = [(name, day, day / 10) for name in ("t:A", "t:B") for day in (1, 2, 3, 4)]
    assert said(filled, version="1") == every
    assert said(filled, version="1", instrument_ids=["t:B"]) == every[4:]
    inner = said(filled, version="1", start=date(2024, 1, 2), end=date(2024, 1, 3))
    assert [day for _, day, _ in inner] == [2, 3, 2, 3]
    assert [day for _, day, _ in said(filled, version="1", in_sample=False)] == [3, 4, 3, 4]
    assert said(filled, version="2") == [("t:A", 1, 0.9)]
    assert said(filled, version="2", instrument_ids=[]) == []
    assert len(said(filled)) == 9
    assert said(filled, model="unknown") == []


def test_a_score_is_known_when_the_bar_that_it_was_computed_from_is(filled):
    as_of = datetime(2024, 1, 2, 21, tzinfo=UTC)
    assert [day for _, day, _ in said(filled, version="1", as_of=as_of)] == [1, 2, 1, 2]
    before = as_of - timedelta(microseconds=1)
    assert [day for _, day, _ in said(filled, version="1", as_of=before)] == [1, 1]


def test_the_same_score_of_another_job_and_snapshot_is_not_written_again(filled):
    again = [
        row("t:A", day, day / 10, job_id="score-2", snapshot="bars@9,instruments@9")
        for day in (1, 2)
    ]
    result = put(filled, *again, row("t:A", 5, 0.5), at=LATER)
    assert (result.written, result.restated, result.unchanged) == (1, 0, 2)
    rows = scores(filled, model="regime", version="1", end=date(2024, 1, 2)).to_pylist()
    assert {r["job_id"] for r in rows} == {"score-1"}


def test_a_score_that_comes_out_otherwise_supersedes_and_the_first_is_not_forgotten(filled):
    result = put(filled, row("t:A", 1, 0.7), at=LATER)
    assert (result.written, result.restated) == (1, 1)
    only = {"version": "1", "instrument_ids": ["t:A"], "end": date(2024, 1, 1)}
    assert said(filled, **only) == [("t:A", 1, 0.7)]
    assert said(filled, **only, as_of=LATER - timedelta(seconds=1)) == [("t:A", 1, 0.1)]
    first = f"bars@0,instruments@0,scores@{result.version - 1}"
    assert said(filled, **only, snapshot=first) == [("t:A", 1, 0.1)]
    assert said(filled, snapshot="bars@0,instruments@0") == []


def test_quantiles_come_back_to_the_bit(lake):
    levels = [0.1 + 0.2, -1e-300, 1 / 3]
    put(lake, row(quantiles=levels))
    assert scores(lake, model="regime")["quantiles"].to_pylist() == [levels]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row(available_at=RECORDED + timedelta(seconds=1))], "are of the future"),
        ([row(value=None)], "scores without value"),
        ([row(value=float("nan"))], "scores without value"),
        ([row(), row(value=0.6)], "come twice"),
    ],
)
def test_what_cannot_be_right_is_refused_whole(lake, rows, message):
    with pytest.raises(BadInput, match=message):
        put(lake, row("t:B"), *rows)
    assert said(lake) == []


def test_other_columns_and_naive_times_are_refused(lake):
    table = pa.Table.from_pylist([row()], schema=SCORE_SCHEMA)
    with pytest.raises(BadInput, match="does not have the columns of scores"):
        append_scores(lake, table.drop(["value"]), recorded_at=RECORDED)
    with pytest.raises(BadInput, match="recorded_at"):
        append_scores(lake, table, recorded_at=RECORDED.replace(tzinfo=None))
    with pytest.raises(BadInput, match="as_of"):
        scores(lake, model="regime", as_of=RECORDED.replace(tzinfo=None))
