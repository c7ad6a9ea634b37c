"""The research ledger: the same trial counts once, nothing is taken back, returns come back whole."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest

from cluster.errors import StoreError
from cluster.ledger import returns as kept
from cluster.ledger import store as ledger
from cluster.stores.lake import Lake
from cluster.stores.postgres import connect

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TRIAL = ledger.Trial(
    family="crossings",
    strategy="sma-cross",
    source_hash="a" * 64,
    parameters={"fast": 20, "slow": 50},
    universe="synthetic",
    costs={"fee_bps": 5.0},
    span_start=date(2014, 1, 1),
    span_end=date(2024, 1, 1),
    snapshot="bars@2,instruments@1",
    data_hash="d" * 64,
    sessions=3652,
    sessions_per_year=365,
    sharpe=0.03,
    skew=-0.2,
    kurtosis=4.5,
    run_id="run-1",
    user_id="ada",
    recorded_at=NOW,
)


def test_a_trial_is_the_same_whoever_runs_it_and_whenever():
    again = replace(TRIAL, run_id="run-2", user_id="bob", recorded_at=NOW + timedelta(days=1))
    assert again.id == TRIAL.id


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": {"fast": 20, "slow": 51}},
        {"source_hash": "b" * 64},
        {"data_hash": "e" * 64},
        {"data_hash": None},
        {"costs": {"fee_bps": 6.0}},
        {"span_end": date(2023, 1, 1)},
        {"universe": "sample"},
        {"family": "others"},
    ],
)
def test_whatever_decides_the_numbers_makes_another_trial(change):
    assert replace(TRIAL, **change).id != TRIAL.id


def test_what_was_committed_beside_its_bars_makes_no_other_trial():
    assert replace(TRIAL, snapshot="bars@3,instruments@1").id == TRIAL.id
    unhashed = replace(TRIAL, data_hash=None)
    assert replace(unhashed, snapshot="bars@3,instruments@1").id != unhashed.id


def test_a_number_is_the_same_however_it_is_written():
    assert replace(TRIAL, parameters={"slow": 50.0, "fast": 20.0}).id == TRIAL.id
    free = replace(TRIAL, costs={"fee_bps": 0})
    assert replace(TRIAL, costs={"fee_bps": -0.0}).id == free.id


def test_a_year_of_a_trial_is_that_of_its_calendar():
    assert TRIAL.annual_sharpe == pytest.approx(0.03 * 365**0.5)
    assert replace(TRIAL, sharpe=None).annual_sharpe is None
    assert replace(TRIAL, sessions_per_year=None).annual_sharpe is None


def test_daily_returns_come_back_to_seven_digits_and_are_kept_once(tmp_path):
    lake = Lake(tmp_path)
    days = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]")
    values = np.random.default_rng(0).normal(0, 0.01, len(days))
    first = kept.store_returns(lake, {TRIAL.id: (days, values)}, recorded_at=NOW)
    again = kept.store_returns(lake, {TRIAL.id: (days, values)}, recorded_at=NOW)
    assert (first.written, again.written) == (1, 0)
    found_days, found = kept.returns_of(lake, [TRIAL.id, "f" * 64])[TRIAL.id]
    np.testing.assert_array_equal(found_days, days)
    np.testing.assert_allclose(found, values, rtol=1e-7)


@pytest.fixture
def family(database):
    """A family of its own name: nothing of the ledger can be removed, not by a test either."""
    name = f"family-{uuid4().hex[:12]}"
    with connect(database, "jobs") as connection:
        ledger.begin_family(connection, name, description="a", user_id="ada", created_at=NOW)
    return name


def test_a_trial_tried_twice_counts_once(database, family):
    trial = replace(TRIAL, family=family)
    other = replace(trial, parameters={"fast": 5, "slow": 50})
    with connect(database, "jobs") as connection:
        assert ledger.record(connection, [trial, other]) == 2
        assert ledger.record(connection, [replace(trial, run_id="run-2")]) == 0
        assert {one.id for one in ledger.trials_of(connection, family)} == {trial.id, other.id}
        (found,) = [one for one in ledger.families(connection) if one.name == family]
    assert found.trials == 2


@pytest.mark.parametrize("role", ["jobs", "owner"])
@pytest.mark.parametrize("statement", ["UPDATE trials SET sharpe = 9", "DELETE FROM trials"])
def test_nobody_changes_or_removes_a_trial(database, family, role, statement):
    with connect(database, "jobs") as connection:
        ledger.record(connection, [replace(TRIAL, family=family)])
    refused = pytest.raises(StoreError, match=r"append-only|permission denied")
    with refused, connect(database, role) as connection:
        connection.execute(statement)


def test_a_look_into_the_lockbox_is_on_record_with_its_reason(database, family):
    trial = replace(TRIAL, family=family)
    look = ledger.Opening(
        family=family,
        universe=family,
        span_start=date(2022, 1, 1),
        span_end=date(2024, 1, 1),
        trial_id=trial.id,
        reason="final check before paper trading",
        user_id="ada",
        opened_at=NOW,
    )
    with connect(database, "jobs") as connection:
        ledger.record(connection, [trial])
        ledger.open_lockbox(connection, look)
        assert ledger.openings(connection, family) == [look]


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


@pytest.fixture
def returns():
    days = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]")
    return days, np.random.default_rng(0).normal(0, 0.01, len(days))


def enter(database, lake, trial, returns):
    with connect(database, "jobs") as connection:
        return kept.enter_with_returns(connection, lake, trial, returns)


def of(database, family):
    with connect(database, "serve") as connection:
        return ledger.trials_of(connection, family)


def commits(lake):
    return lake.tables["returns"].delta.version()


def dies_before_its_commit(database, lake, trial, returns):
    with connect(database, "jobs") as connection:
        kept.enter_with_returns(connection, lake, trial, returns)
        raise KeyboardInterrupt


def test_who_dies_between_returns_and_trial_leaves_no_trial_and_a_rerun_completes(
    database, family, lake, returns
):
    trial = replace(TRIAL, family=family)
    with pytest.raises(KeyboardInterrupt):
        dies_before_its_commit(database, lake, trial, returns)
    assert of(database, family) == []
    assert trial.id in kept.returns_of(lake, [trial.id])
    before = commits(lake)
    assert enter(database, lake, trial, returns)
    assert of(database, family) == [trial]
    assert commits(lake) == before


def test_returns_that_cannot_be_kept_leave_no_trial(database, family, tmp_path, lake, returns):
    trial = replace(TRIAL, family=family)
    in_the_way = tmp_path / "lake" / "returns"
    in_the_way.parent.mkdir()
    in_the_way.write_text("no table")
    with pytest.raises(StoreError, match="returns"):
        enter(database, lake, trial, returns)
    assert of(database, family) == []
    in_the_way.unlink()
    assert enter(database, lake, trial, returns)


def test_a_trial_entered_by_several_at_once_counts_once_with_one_set_of_returns(
    database, family, tmp_path, returns
):
    trial = replace(TRIAL, family=family)

    def one(number):
        # Not the same to the bit, as if another version of numpy had made them.
        days, values = returns
        return enter(database, Lake(tmp_path / "lake"), trial, (days, values * (1 + number / 100)))

    with ThreadPoolExecutor(4) as pool:
        news = list(pool.map(one, range(4)))
    lake = Lake(tmp_path / "lake")
    _, found = kept.returns_of(lake, [trial.id])[trial.id]
    assert sorted(news) == [False, False, False, True]
    np.testing.assert_allclose(found, returns[1] * (1 + news.index(True) / 100), rtol=1e-6)
    assert commits(lake) == 1


def test_returns_that_a_lake_has_lost_come_back_with_a_rerun(database, family, tmp_path, returns):
    trial = replace(TRIAL, family=family)
    enter(database, Lake(tmp_path / "old"), trial, returns)
    anew = Lake(tmp_path / "new")
    assert not enter(database, anew, replace(trial, run_id="run-2"), returns)
    assert trial.id in kept.returns_of(anew, [trial.id])
    assert [one.run_id for one in of(database, family)] == ["run-1"]


def test_pages_of_trials_join_to_the_whole_newest_first(database, family):
    trials = [
        replace(TRIAL, family=family, parameters={"fast": fast}, recorded_at=NOW + timedelta(late))
        for fast, late in [(5, 2), (6, 0), (7, 0), (8, 1), (9, 0)]
    ]
    with connect(database, "jobs") as connection:
        ledger.record(connection, trials)
    pages, before = [], None
    with connect(database, "serve") as connection:
        while page := ledger.find_trials(connection, family=family, limit=2, before=before):
            pages.append(page)
            before = page[-1].id
        newest = ledger.find_trials(connection, limit=1000)
    found = [one for page in pages for one in page]
    assert found == sorted(trials, key=lambda one: (one.recorded_at, one.id), reverse=True)
    assert [one for one in newest if one.family == family] == found
