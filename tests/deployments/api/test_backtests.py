"""`/v1/backtests` against the real PostgreSQL: every run once, newest first, and one by its id."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from cluster.backtests.store import fail_backtest, finish_backtest, holding, insert_backtest
from cluster.stores import places
from cluster.stores.postgres import connect
from deployments.api.app import make_api

BEGUN = datetime(2100, 1, 1, tzinfo=UTC)  # before those of any other test in a newest-first list
ENDED = BEGUN + timedelta(minutes=9)
METRICS = {"sharpe": 1.25, "max_drawdown": None}


@pytest.fixture
def runs(database):
    """The ids of five runs, oldest first; the second and third began in the same instant."""
    family = f"zz-{uuid4().hex[:8]}"
    ids = [f"{family}-{number}" for number in range(5)]
    with connect(database, "jobs") as connection:
        for run_id, minute in zip(ids, (0, 1, 1, 2, 3), strict=True):
            insert_backtest(
                connection,
                run_id,
                definition="d" * 64,
                request={"strategy": "sma-cross", "parameters": {"fast": 10}},
                user_id="ada",
                created_at=BEGUN + timedelta(minutes=minute),
            )
    yield ids
    with connect(database, "owner") as connection:
        connection.execute("DELETE FROM backtests WHERE id LIKE %s", [f"{family}-%"])


@pytest.fixture
def app(database, now):
    return make_api(database, clock=lambda: now)


@pytest.fixture
def client(app, client_of):
    return client_of(app, role="scientist")


async def test_pages_join_to_the_whole_newest_first(client, runs):
    found, query = [], {"limit": "2"}
    while len(found) < len(runs):
        answer = (await client.get("/v1/backtests", params=query)).json()
        assert len(answer["data"]) <= 2
        found += [run["id"] for run in answer["data"]]
        query = {**query, "page_token": answer["next_page_token"]}
    assert found[:5] == runs[::-1]


async def test_a_run_that_begins_between_two_pages_moves_none_of_them(client, runs, database):
    first = (await client.get("/v1/backtests?limit=2")).json()
    with connect(database, "jobs") as connection:
        later = f"{runs[-1]}-later"
        insert_backtest(connection, later, definition="d" * 64, request={}, created_at=ENDED)
    query = f"/v1/backtests?limit=3&page_token={first['next_page_token']}"
    second = (await client.get(query)).json()
    assert [run["id"] for run in second["data"]] == runs[2::-1]
    assert (await client.get("/v1/backtests?limit=1")).json()["data"][0]["id"] == later


async def test_a_page_that_holds_every_run_has_none_behind_it(client, runs):
    whole = (await client.get("/v1/backtests?limit=200")).json()
    assert whole["next_page_token"] is None
    assert [run["id"] for run in whole["data"]][:5] == runs[::-1]
    usual = (await client.get("/v1/backtests")).json()["data"]
    assert usual == whole["data"][:50]


async def test_a_run_that_goes_on_says_what_was_asked_and_nothing_of_its_result(client, runs):
    assert (await client.get(f"/v1/backtests/{runs[0]}")).json()["data"] == {
        "id": runs[0], "state": "running", "definition": "d" * 64,
        "request": {"strategy": "sma-cross", "parameters": {"fast": 10}},
        "metrics": None, "error": None, "user_id": "ada",
        "created_at": "2100-01-01T00:00:00Z", "finished_at": None,
    }  # fmt: skip


async def test_a_run_that_is_done_has_its_figures_and_not_its_place_on_the_disk(
    client, runs, database
):
    with connect(database, "jobs") as connection:
        finish_backtest(
            connection, runs[0], metrics=METRICS, result_path="/srv/SECRET", finished_at=ENDED
        )
    answer = await client.get(f"/v1/backtests/{runs[0]}")
    found = answer.json()["data"]
    assert (found["state"], found["metrics"], found["error"]) == ("done", METRICS, None)
    assert found["finished_at"] == "2100-01-01T00:09:00Z"
    listed = await client.get("/v1/backtests?limit=5")
    assert found in listed.json()["data"]
    assert "SECRET" not in answer.text + listed.text


async def test_a_run_that_failed_says_why(client, runs, database):
    with connect(database, "jobs") as connection:
        fail_backtest(connection, runs[0], error="no bars in the span", finished_at=ENDED)
    found = (await client.get(f"/v1/backtests/{runs[0]}")).json()["data"]
    assert (found["state"], found["error"]) == ("failed", "no bars in the span")
    assert found["metrics"] is None


@pytest.fixture
def done(runs, database):
    """The newest of the runs, done, and its folder of results without a report."""
    with connect(database, "jobs") as connection:
        finish_backtest(
            connection, runs[-1], metrics=METRICS, result_path="/etc", finished_at=ENDED
        )
    folder = places.results(database) / runs[-1]
    yield runs[-1], folder
    folder.remove()


async def test_the_report_of_a_run_that_is_done_is_a_page_that_reaches_nothing(client, done):
    run_id, folder = done
    (folder / "report.html").write_bytes("<h1>café</h1>".encode())
    answer = await client.get(f"/v1/backtests/{run_id}/tearsheet")
    assert (answer.status_code, answer.text) == (200, "<h1>café</h1>")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith(
        "sandbox allow-scripts; default-src"
    )


async def test_a_report_that_was_removed_is_said_to_be_gone(client, done, problem):
    run_id, _ = done
    told = problem(await client.get(f"/v1/backtests/{run_id}/tearsheet"), 404, "not_found")
    assert "run it again" in told.detail


async def test_a_link_in_place_of_a_report_leads_nowhere(client, done, problem, tmp_path):
    run_id, folder = done
    (tmp_path / "secret").write_text("a key")
    folder.make()
    (Path(str(folder)) / "report.html").symlink_to(tmp_path / "secret")
    problem(await client.get(f"/v1/backtests/{run_id}/tearsheet"), 404, "not_found")


async def test_a_run_that_is_not_done_has_no_report_and_says_what_it_is(client, runs, problem):
    answer = await client.get(f"/v1/backtests/{runs[0]}/tearsheet")
    assert "has no tear sheet: it is running" in problem(answer, 409, "conflict").detail
    nobody = await client.get("/v1/backtests/bt-nobody/tearsheet")
    problem(nobody, 404, "not_found")


async def test_an_id_that_no_run_has_is_not_found_and_told_where_to_look(client, problem):
    answer = await client.get("/v1/backtests/bt-nobody")
    assert problem(answer, 404, "not_found").detail == (
        "no backtest has the id bt-nobody: /v1/backtests lists them"
    )


@pytest.mark.parametrize("run_id", ["-x", ".x", "a" * 81, "a%20b", "a%00", "%ED%A0%80", "<script>"])
async def test_what_is_no_id_is_refused_without_a_look(client, problem, run_id):
    answer = await client.get(f"/v1/backtests/{run_id}")
    assert problem(answer, 422, "invalid").errors[0]["loc"] == "path.id"
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("query", "place", "kind"),
    [
        ("limit=0", "query.limit", "greater_than_equal"),
        ("limit=201", "query.limit", "less_than_equal"),
        ("limit=ten", "query.limit", "digits"),
        ("limit=1&limit=2", "query.limit", "repeated"),
        ("state=done", "query.state", "extra_forbidden"),
        ("page_token=", "query.page_token", "page_token"),
        ("page_token=AAAA", "query.page_token", "page_token"),
        ("page_token=" + "A" * 513, "query.page_token", "string_too_long"),
    ],
)
async def test_a_bad_parameter_is_named(client, problem, query, place, kind):
    found = problem(await client.get(f"/v1/backtests?{query}"), 422, "invalid")
    assert (found.errors[0]["loc"], found.errors[0]["type"]) == (place, kind)


async def test_one_run_takes_no_parameters(client, problem, runs):
    answer = await client.get(f"/v1/backtests/{runs[0]}?limit=1")
    assert problem(answer, 422, "invalid").errors[0]["loc"] == "query.limit"


@pytest.mark.parametrize("path", ["/v1/backtests", "/v1/backtests/bt-nobody"])
async def test_runs_need_their_scope(app, client_of, problem, path):
    answer = await client_of(app, role="analyst").get(path)
    assert "backtests:read" in problem(answer, 403, "forbidden").detail
    problem(await client_of(app, role=None).get(path), 401, "unauthenticated")


@pytest.mark.parametrize("path", ["/v1/backtests", "/v1/backtests/bt-nobody"])
async def test_without_the_database_the_answer_says_so(api_settings, client_of, problem, path):
    answer = await client_of(make_api(api_settings)).get(path)
    problem(answer, 503, "overloaded")
    assert answer.headers["retry-after"] == "2"


async def test_a_run_is_lost_from_when_nobody_holds_it_until_it_says_how_it_ended(client, database):
    run_id = f"zz-{uuid4().hex[:8]}"

    async def told():
        (whole,) = (await client.get("/v1/backtests?limit=1")).json()["data"]
        found = (await client.get(f"/v1/backtests/{run_id}")).json()["data"]
        assert whole == found
        return found["state"], found["error"] and found["error"].split(" (")[0]

    with holding(database, run_id):
        with connect(database, "jobs") as connection:
            insert_backtest(
                connection, run_id, definition="d" * 64, request={}, created_at=ENDED, held=True
            )
        assert await told() == ("running", None)
    assert await told() == ("failed", "its process is gone")
    # Its session alone was cut.
    with connect(database, "jobs") as connection:
        finish_backtest(
            connection, run_id, metrics=METRICS, result_path="/results", finished_at=ENDED
        )
    assert await told() == ("done", None)
    with connect(database, "owner") as connection:
        connection.execute("DELETE FROM backtests WHERE id = %s", [run_id])
