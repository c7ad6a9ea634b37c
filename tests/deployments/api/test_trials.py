"""`/v1/trials` against the real PostgreSQL: every trial once, newest first, of all families or one."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest

import trii
from cluster.ledger import store as ledger
from cluster.ledger.returns import returns_of
from cluster.security.scopes import OF_JOBS
from cluster.stores.lake import Lake
from cluster.stores.postgres import connect
from deployments.api.app import make_api
from tests.databases import data_at
from tests.servers import serving

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def trial(family, fast, **changes):
    fields = {
        "family": family, "strategy": "sma-cross", "source_hash": "a" * 64,
        "parameters": {"fast": fast, "slow": 50}, "universe": "synthetic",
        "costs": {"commission_bps": 2.0}, "span_start": date(2014, 1, 1),
        "span_end": date(2024, 1, 1), "snapshot": "bars@2,instruments@1", "data_hash": "d" * 64,
        "sessions": 3652, "sessions_per_year": 365, "sharpe": 0.03, "skew": -0.2, "kurtosis": 4.5,
        "run_id": f"bt-{fast}", "user_id": "ada", "recorded_at": NOW + timedelta(minutes=fast),
    }  # fmt: skip
    return ledger.Trial(**{**fields, **changes})


@pytest.fixture
def tried(database):
    """A family of five trials, of which the last was too short for figures; and another family."""
    name = f"family-{uuid4().hex[:12]}"
    trials = [trial(name, fast) for fast in range(5, 9)]
    trials.append(trial(name, 9, sharpe=None, skew=None, kurtosis=None, sessions=1))
    other = trial(f"{name}-2", 5)
    with connect(database, "jobs") as connection:
        for family in (name, other.family):
            ledger.begin_family(connection, family, description="a", user_id="ada", created_at=NOW)
        ledger.record(connection, [*trials, other])
    return trials


@pytest.fixture
def client(database, client_of, now):
    return client_of(make_api(database, clock=lambda: now), role="scientist")


async def test_a_family_comes_in_pages_newest_first_and_whole(client, tried):
    found, query = [], {"family": tried[0].family, "limit": "2"}
    while query:
        answer = (await client.get("/v1/trials", params=query)).json()
        found += answer["data"]
        token = answer["next_page_token"]
        query = {**query, "page_token": token} if token else None
    assert [one["id"] for one in found] == [one.id for one in tried[::-1]]


async def test_a_trial_says_what_was_tried_and_what_its_year_is(client, tried):
    query = {"family": tried[0].family}
    newest, found, *_ = (await client.get("/v1/trials", params=query)).json()["data"]
    assert (newest["sharpe"], newest["annual_sharpe"]) == (None, None)
    assert found == {
        "id": tried[3].id, "family": tried[0].family, "strategy": "sma-cross",
        "source_hash": "a" * 64, "parameters": {"fast": 8, "slow": 50}, "universe": "synthetic",
        "costs": {"commission_bps": 2.0}, "span_start": "2014-01-01", "span_end": "2024-01-01",
        "snapshot": "bars@2,instruments@1", "data_hash": "d" * 64, "sessions": 3652,
        "sessions_per_year": 365, "sharpe": 0.03, "skew": -0.2, "kurtosis": 4.5, "run_id": "bt-8",
        "user_id": "ada", "recorded_at": "2026-01-05T12:08:00Z",
        "annual_sharpe": pytest.approx(0.03 * 365**0.5),
    }  # fmt: skip


async def test_a_parameter_beyond_every_whole_number_is_told_as_it_was_given(client, database):
    family = f"family-{uuid4().hex[:12]}"
    large = trial(family, 5, parameters={"large": 1e300, "small": -1e300, "fast": 7})
    with connect(database, "jobs") as connection:
        ledger.begin_family(connection, family, description="a", user_id="ada", created_at=NOW)
        ledger.record(connection, [large])
    (found,) = (await client.get("/v1/trials", params={"family": family})).json()["data"]
    assert found["parameters"] == {"large": 1e300, "small": -1e300, "fast": 7}


async def test_all_families_are_listed_and_one_that_nobody_tried_is_empty(client, tried):
    every = (await client.get("/v1/trials?limit=200")).json()["data"]
    assert {tried[0].family, f"{tried[0].family}-2"} <= {one["family"] for one in every}
    assert (await client.get("/v1/trials?family=nobody")).json()["data"] == []


async def test_a_token_of_one_family_does_not_page_another(client, tried, problem):
    first = await client.get(f"/v1/trials?limit=1&family={tried[0].family}")
    token = first.json()["next_page_token"]
    answer = await client.get(f"/v1/trials?limit=1&family=other&page_token={token}")
    assert "another query" in problem(answer, 422, "invalid").errors[0]["msg"]


def told(of_family, **changes):
    fields = {
        "family": of_family, "strategy": "calm", "source_hash": "a" * 64, "parameters": {"fast": 5},
        "universe": "own", "costs": {"commission_bps": 2.0}, "start": "2024-01-02",
        "data_hash": "d" * 64, "run_id": "py-1", "sessions_per_year": 252,
        "sessions": ["2024-01-03", "2024-01-04", "2024-01-05"], "returns": [0.01, -0.02, 0.03],
    }  # fmt: skip
    return {**fields, **changes}


@pytest.fixture
def writer(database, client_of, now, tmp_path):
    """An API whose lake is its own, and the settings that it runs with."""
    settings = database.model_copy(update=data_at(tmp_path))
    return client_of(make_api(settings, clock=lambda: now), role="scientist"), settings


async def test_what_was_tried_elsewhere_is_a_trial_with_its_returns_once(writer):
    client, settings = writer
    family = f"family-{uuid4().hex[:12]}"
    answer = await client.post("/v1/trials", json=told(family))
    assert answer.status_code == 201, answer.text
    entered = answer.json()["data"]
    again = await client.post("/v1/trials", json=told(family, run_id="py-2"))
    assert (again.status_code, again.json()["data"]) == (200, entered)
    (listed,) = (await client.get(f"/v1/trials?family={family}")).json()["data"]
    assert listed == entered
    assert (listed["sessions"], listed["snapshot"]) == (3, "told")
    _, returns = returns_of(Lake(settings.lake_url), [entered["id"]])[entered["id"]]
    assert returns.tolist() == pytest.approx([0.01, -0.02, 0.03])
    assert listed["sharpe"] == pytest.approx(returns.mean() / returns.std(ddof=1))


@pytest.mark.parametrize(
    "changes",
    [
        {"returns": [0.5, 0.0, 0.0]},
        {"returns": [-0.02, 0.01, 0.03]},  # the same figures
        {"sessions": ["2024-01-03", "2024-01-04", "2024-01-05"], "sessions_per_year": 365},
        {"sessions": ["2024-01-04", "2024-01-05"], "returns": [0.01, -0.02]},
        {"sessions": ["2024-01-02", "2024-01-04", "2024-01-05"], "start": "2024-01-01"},
    ],
)
async def test_what_stands_is_told_otherwise_by_nobody(writer, problem, changes):
    client, settings = writer
    family = f"family-{uuid4().hex[:12]}"
    entered = (await client.post("/v1/trials", json=told(family))).json()["data"]
    answer = await client.post("/v1/trials", json=told(family, **changes))
    if "start" in changes:  # another span: another trial
        assert answer.status_code == 201
        return
    assert "other returns" in problem(answer, 409, "conflict").detail
    (listed,) = (await client.get(f"/v1/trials?family={family}")).json()["data"]
    assert listed == entered
    _, returns = returns_of(Lake(settings.lake_url), [entered["id"]])[entered["id"]]
    assert returns.tolist() == pytest.approx([0.01, -0.02, 0.03])


async def test_no_word_stands_where_a_run_of_the_platform_or_anothers_word_would(
    writer, database, client_of, now, make_token
):
    """All that decides the numbers is known before they are: told first, it takes no place."""
    client, settings = writer
    family = f"family-{uuid4().hex[:12]}"
    first = (await client.post("/v1/trials", json=told(family, returns=[0.9, 0.9, 0.8]))).json()
    client.headers["authorization"] = f"Bearer {make_token('scientist', 'eve')}"
    second = await client.post("/v1/trials", json=told(family))
    assert second.status_code == 201
    tried = {name: first["data"][name] for name in ("strategy", "source_hash", "universe", "costs")}
    days = {"span_start": date(2024, 1, 2), "span_end": date(2024, 1, 5)}
    ran = trial(family, 5, **tried, **days, parameters={"fast": 5}, sessions=3, sharpe=0.1)
    with connect(settings, "jobs") as connection:
        assert ledger.record(connection, [ran]) == 1
        listed = ledger.trials_of(connection, family)
    assert {one.id for one in listed} == {ran.id, first["data"]["id"], second.json()["data"]["id"]}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"returns": [0.01]}, "1 returns of 3 sessions"),
        ({"sessions": ["2024-01-03", "2024-01-03", "2024-01-05"]}, "dates that rise"),
        ({"start": "2024-01-03"}, "dates that rise"),
        ({"sessions": [], "returns": []}, "at least 1"),
        ({"returns": [0.01, -1.0, 0.0]}, "greater than -1"),
        ({"family": "My Ideas"}, "expected"),
        ({"returns": [0.01, 1e39, 0.0]}, "less than or equal to"),
        ({"strategy": "calm\x00"}, "printable"),
        ({"universe": "\x1b[2J"}, "printable"),
        ({"user_id": "somebody else"}, "not permitted"),
    ],
)
async def test_a_trial_that_can_not_be_is_refused_and_nothing_is_written(
    writer, problem, changes, says
):
    client, settings = writer
    family = f"family-{uuid4().hex[:12]}"
    answer = await client.post("/v1/trials", json=told(family, **changes))
    found = problem(answer, 422, "invalid")
    assert any(says in fault["msg"] for fault in found.errors), found.errors
    with connect(settings, "serve") as connection:
        assert ledger.trials_of(connection, family) == []


async def test_a_jobs_token_tells_trials_in_its_users_name_and_starts_nothing(
    writer, make_token, problem
):
    client, _ = writer
    client.headers["authorization"] = f"Bearer {make_token(OF_JOBS, 'bob')}"
    family = f"family-{uuid4().hex[:12]}"
    entered = (await client.post("/v1/trials", json=told(family))).json()["data"]
    assert entered["user_id"] == "bob"
    assert (await client.get(f"/v1/trials?family={family}")).json()["data"] == [entered]
    job = {"kind": "ingest", "request": {"dataset": "sample"}}
    problem(await client.post("/v1/jobs", json=job), 403, "forbidden")
    problem(await client.get("/v1/jobs"), 403, "forbidden")


async def test_who_may_only_read_enters_nothing(database, client_of, now, problem):
    client = client_of(make_api(database, clock=lambda: now), role="analyst")
    answer = await client.post("/v1/trials", json=told("calm"))
    assert "trials:write" in problem(answer, 403, "forbidden").detail


def test_a_portfolio_that_was_run_in_python_elsewhere_is_a_trial_here(
    database, behind_edge, make_token, now, tmp_path, monkeypatch
):
    """By `trii.backtest` itself, over HTTP to a server of these routes."""
    settings = database.model_copy(update=data_at(tmp_path / "there"))
    family = f"family-{uuid4().hex[:12]}"
    days = pd.date_range("2020-01-01", periods=300, freq="B")
    walks = np.random.default_rng(3).normal(0.0, 0.01, (300, 4)).cumsum(axis=0)
    prices = pd.DataFrame(100.0 * np.exp(walks), days, ["AAA", "BBB", "CCC", "DDD"])
    monkeypatch.setenv("TRII_HOME", str(tmp_path / "here"))
    monkeypatch.setenv("TRII_TOKEN", make_token("scientist", "ada"))
    monkeypatch.setenv("NO_PROXY", "*")
    with serving(behind_edge(make_api(settings, clock=lambda: now))) as port:
        monkeypatch.setenv("TRII_API_URL", f"http://127.0.0.1:{port}")
        result, again = (
            trii.backtest(prices, trii.MomentumRank(lookback=21, keep=0.5), family=family)
            for _ in range(2)
        )
    with connect(settings, "serve") as connection:
        (entered,) = ledger.trials_of(connection, family)
    assert result.ledger == f"trial {entered.id[:12]} of family {family}"
    assert again.ledger == f"{result.ledger}, as before"
    assert (entered.strategy, entered.user_id) == ("momentum-rank", "ada")
    assert entered.parameters == {"lookback": 21, "keep": 0.5}
    session, returns = returns_of(Lake(settings.lake_url), [entered.id])[entered.id]
    assert session.astype("datetime64[D]").tolist() == [day.date() for day in result.returns.index]
    np.testing.assert_allclose(returns, result.returns, rtol=1e-6, atol=1e-9)
