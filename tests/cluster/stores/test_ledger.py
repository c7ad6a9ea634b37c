"""The research ledger: the same trial counts once, nothing is taken back, returns come back whole."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest

from cluster.errors import StoreError
from cluster.stores import ledger
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
    sessions=3652,
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
        {"snapshot": "bars@3,instruments@1"},
        {"costs": {"fee_bps": 6.0}},
        {"span_end": date(2023, 1, 1)},
        {"universe": "sample"},
        {"family": "others"},
    ],
)
def test_whatever_decides_the_numbers_makes_another_trial(change):
    assert replace(TRIAL, **change).id != TRIAL.id


def test_daily_returns_come_back_to_seven_digits_and_are_kept_once(tmp_path):
    lake = Lake(tmp_path)
    days = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]")
    values = np.random.default_rng(0).normal(0, 0.01, len(days))
    first = ledger.store_returns(lake, {TRIAL.id: (days, values)}, recorded_at=NOW)
    again = ledger.store_returns(lake, {TRIAL.id: (days, values)}, recorded_at=NOW)
    assert (first.written, again.written) == (1, 0)
    found_days, found = ledger.returns_of(lake, [TRIAL.id, "f" * 64])[TRIAL.id]
    np.testing.assert_array_equal(found_days, days)
    np.testing.assert_allclose(found, values, rtol=1e-7)


@pytest.fixture
def family(platform):
    """A family of its own name: nothing of the ledger can be removed, not by a test either."""
    name = f"family-{uuid4().hex[:12]}"
    with connect(platform, "jobs") as connection:
        ledger.begin_family(connection, name, description="a", user_id="ada", created_at=NOW)
    return name


@pytest.mark.platform
def test_a_trial_tried_twice_counts_once(platform, family):
    trial = replace(TRIAL, family=family)
    other = replace(trial, parameters={"fast": 5, "slow": 50})
    with connect(platform, "jobs") as connection:
        assert ledger.record(connection, [trial, other]) == 2
        assert ledger.record(connection, [replace(trial, run_id="run-2")]) == 0
        assert {one.id for one in ledger.trials_of(connection, family)} == {trial.id, other.id}
        (found,) = [one for one in ledger.families(connection) if one.name == family]
    assert found.trials == 2


@pytest.mark.platform
@pytest.mark.parametrize("role", ["jobs", "owner"])
@pytest.mark.parametrize("statement", ["UPDATE trials SET sharpe = 9", "DELETE FROM trials"])
def test_nobody_changes_or_removes_a_trial(platform, family, role, statement):
    with connect(platform, "jobs") as connection:
        ledger.record(connection, [replace(TRIAL, family=family)])
    refused = pytest.raises(StoreError, match=r"append-only|permission denied")
    with refused, connect(platform, role) as connection:
        connection.execute(statement)


@pytest.mark.platform
def test_a_look_into_the_lockbox_is_on_record_with_its_reason(platform, family):
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
    with connect(platform, "jobs") as connection:
        ledger.record(connection, [trial])
        ledger.open_lockbox(connection, look)
        assert ledger.openings(connection, family) == [look]
