"""`/v1/jobs` against the real PostgreSQL; nothing moves the queue, and Ray is away."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cluster.bundles import bundle as bundles
from cluster.fleet.settings import MachineRate
from cluster.queue import commands as queue
from cluster.queue import folder, store
from cluster.queue.cli.following import tell_waiting
from cluster.requests.job import JobRequest
from cluster.stores.lake import Lake
from cluster.stores.postgres import connect
from deployments.api.app import make_api
from tests.lakes import AAPL, RECORDED
from tests.servers import free_port

BACKTEST = {
    "kind": "backtest",
    "request": {"strategy": "sma-cross", "universe": "synthetic", "parameters": {"fast": 10}},
}
INGEST = {"kind": "ingest", "request": {"dataset": "sample"}}


@pytest.fixture
def app(queued, lake_path, now):
    """The API in front of the queue, and of a lake with three synthetic instruments and AAPL."""
    # Nobody's Ray: at the port of the defaults another platform's may answer.
    away = {"lake_url": lake_path.as_uri(), "dashboard_port": free_port()}
    settings = queued.model_copy(update=away)
    return make_api(settings, clock=lambda: now)


@pytest.fixture
def as_user(client_of, app, make_token):
    """`as_user("bob", role=…)` is a client of that user."""

    def make(subject="ada", role="scientist"):
        client = client_of(app)
        client.headers["authorization"] = f"Bearer {make_token(role, subject)}"
        return client

    return make


@pytest.fixture
def ada(as_user):
    return as_user()


async def submitted(client, body=INGEST, **headers):
    answer = await client.post("/v1/jobs", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()["data"]


def end(settings, job_id, state, *, log="", now=datetime(2026, 1, 5, 13, tzinfo=UTC)):
    """What the loop does: the job runs and ends, its log is kept."""
    with connect(settings, "serve") as connection:
        store.begin_attempt(
            connection, store.get_job(connection, job_id), session="s", fence=1, now=now
        )
        job = store.get_job(connection, job_id)
        store.move(connection, job, "running", now=now)
        store.note_attempt(connection, job, session="s", submitted_at=now, running_at=now)
        store.move(connection, store.get_job(connection, job_id), state, now=now, reason="so")
    folder.keep_log(settings, job_id, log)


async def test_a_job_is_accepted_with_its_place_and_runs_what_was_asked(ada):
    more = {"priority": "high", "cpus": 2, "deadline": "2026-01-06T00:00:00Z", "max_attempts": 2}
    answer = await ada.post("/v1/jobs", json=BACKTEST | more)
    assert answer.status_code == 202, answer.text
    made = answer.json()["data"]
    assert answer.headers["location"] == f"/v1/jobs/{made['id']}"
    assert (made["kind"], made["module"], made["state"]) == ("backtest", "jobs.backtest", "queued")
    assert "--param=fast=10" in made["arguments"]
    assert made["arguments"][-1] == "--id={submission_id}"
    assert (made["priority"], made["cpus"], made["max_attempts"]) == ("high", 2.0, 2)
    assert made["deadline"] == "2026-01-06T00:00:00Z"
    found = (await ada.get(answer.headers["location"])).json()["data"]
    assert {**found, "progress": None, "attempts": []} == {**made, "progress": None, "attempts": []}


@pytest.mark.parametrize(
    ("body", "arguments"),
    [
        (INGEST, ["--dataset=sample"]),
        (
            {"kind": "ingest", "request": {"dataset": "alpaca", "symbols": ["A", "B"],
                                           "since": "2026-01-02"}},
            ["--dataset=alpaca", "--symbols=A,B", "--since=2026-01-02"],
        ),
        ({"kind": "sweep"}, ["--model=volatility-regime", "--promote"]),
        (
            {"kind": "sweep", "request": {"space": {"epochs": [1, 2]}, "trials": 1, "budget_s": 9}},
            ["--model=volatility-regime", "--promote",
             '--space={"hidden":[[64,32]],"learning_rate":[0.003],"weight_decay":[1.0],'
             '"epochs":[1,2]}',
             "--trials=1", "--budget-s=9"],
        ),
        (
            {"kind": "train", "request": {"hidden": [16], "epochs": 3, "promote": False}},
            ["--model=volatility-regime", "--no-promote", "--hidden=16", "--learning-rate=0.003",
             "--weight-decay=1.0", "--epochs=3"],
        ),
        (
            {"kind": "score", "request": {"model": "volatility-regime", "universe": "sample"}},
            ["--model=volatility-regime", "--version=champion", "--universe=sample",
             "--id={submission_id}"],
        ),
    ],
)  # fmt: skip
async def test_each_kind_becomes_the_command_of_its_job(ada, body, arguments):
    made = await submitted(ada, body)
    assert (made["module"], made["arguments"]) == (f"jobs.{body['kind']}", arguments)


async def test_every_fault_is_listed_at_once_and_nothing_that_was_sent_comes_back(ada, problem):
    body = {
        "kind": "backtest",
        "request": {"strategy": "sma-cross", "universe": "synthetic", "parameters": {"fast": 9999},
                    "commission_bps": "SECRET"},
        "cpus": True, "gpus": -1, "priority": "SECRET", "deadline": "SECRET", "after": ["SECRET"],
        "colour": 1,
    }  # fmt: skip
    answer = await ada.post("/v1/jobs", json=body, headers={"idempotency-key": "SECRET SECRET"})
    found = problem(answer, 422, "invalid")
    places = {one["loc"].replace("body.", "") for one in found.errors}
    assert places == {
        "header.Idempotency-Key", "cpus", "gpus", "priority", "deadline", "after.0", "colour",
        "request.commission_bps", "request.parameters.fast",
    }  # fmt: skip
    assert "SECRET" not in answer.text


async def test_a_training_needs_no_request_and_keeps_a_whole_cpu_unless_told_otherwise(ada):
    made = await submitted(ada, {"kind": "train"})
    assert ("--epochs=8" in made["arguments"], made["cpus"], made["max_attempts"]) == (True, 1.0, 1)
    assert (await submitted(ada, {"kind": "train", "cpus": 0.5}))["cpus"] == 0.5


async def test_every_fault_of_a_training_has_its_place(ada, problem):
    asked = {"model": "SECRET", "hidden": [8, 0], "epochs": "SECRET", "promote": 1}
    answer = await ada.post("/v1/jobs", json={"kind": "train", "request": asked})
    found = problem(answer, 422, "invalid")
    assert {one["loc"].replace("body.request.", "") for one in found.errors} == {
        "model", "hidden.1", "epochs", "promote",
    }  # fmt: skip
    assert "SECRET" not in answer.text


async def test_a_pool_that_is_no_name_is_not_repeated(ada, problem):
    answer = await ada.post("/v1/jobs", json={**INGEST, "pool": "SECRET<script>"})
    assert problem(answer, 422, "invalid").errors[0]["loc"] == "body.pool"
    assert "SECRET" not in answer.text


@pytest.mark.parametrize("kind", ["SECRET", "module", None, 3, ["ingest"]])
async def test_another_kind_is_refused_with_the_known_ones(ada, problem, kind):
    answer = await ada.post("/v1/jobs", json={**INGEST, "kind": kind})
    found = problem(answer, 422, "invalid")
    assert "ingest, backtest, sweep, train, score" in found.errors[0]["msg"]
    assert "SECRET" not in answer.text


@pytest.mark.parametrize(
    ("change", "place", "says"),
    [
        ({"pool": "gpu"}, "body.pool", "has no nodes here"),
        ({"cpus": 33}, "body.cpus", "may use 32 CPUs"),
        ({"after": ["nobody"]}, "body.after.0", "no job of yours"),
    ],
)
async def test_what_only_the_queue_can_refuse_names_the_field_too(
    ada, problem, change, place, says
):
    found = problem(await ada.post("/v1/jobs", json=INGEST | change), 422, "invalid")
    assert found.errors[0]["loc"] == place
    assert says in found.errors[0]["msg"]
    assert (await ada.get("/v1/jobs")).json()["data"] == []


def backtest(**request):
    return {"kind": "backtest", "request": {"strategy": "sma-cross", **request}}


def score(**request):
    return {"kind": "score", "request": {"model": "volatility-regime", **request}}


@pytest.mark.parametrize(
    ("body", "place", "says"),
    [
        (backtest(universe="synthetik"), "universe", "did you mean synthetic?"),
        (backtest(universe="synthetic:SYN9"), "universe", "universe synthetic has no SYN9"),
        (backtest(universe="index"), "universe", "has no instruments"),
        (backtest(universe="sample", members=["AAPL", "MSFT"]), "members.1", "has no MSFT"),
        (backtest(members=["SYN001", "AAPL"]), "universe", "mixes 24/7, XNYS: one calendar"),
        (backtest(universe="synthetic", start="2031-01-01"), "start", "it has 2021-06-01 to"),
        (backtest(universe="sample", mode="next-open"), "mode", "remedy: mode total-return"),
        (backtest(universe="sample", strategy="chandelier-exit"), "strategy", "closes only"),
        (score(universe="nasdaq"), "universe", "universe 'nasdaq' is unknown"),
        (score(members=["AAPL", "sample:MSFT"]), "members.1", "the lake has no sample:MSFT"),
        (score(symbols=["NOPE"]), "symbols.0", "unknown symbol 'NOPE'"),
        (score(universe="sample", start="2031-01-01"), "start", "no session of these instruments"),
        ({"kind": "train", "request": {"universe": "smaple"}}, "universe", "did you mean sample"),
        ({"kind": "train", "request": {"members": ["NOPE"]}}, "members.0", "lake has no NOPE"),
        (
            {"kind": "sweep", "request": {"universe": "sample", "members": ["NOPE"]}},
            "members.0",
            "universe sample has no NOPE",
        ),
        ({"kind": "sweep", "request": {"universe": "index"}}, "universe", "has no daily bars"),
    ],
)
async def test_what_the_lake_cannot_carry_is_refused_at_once_with_its_place(
    ada, problem, body, place, says
):
    found = problem(await ada.post("/v1/jobs", json=body), 422, "invalid")
    assert [one["loc"] for one in found.errors] == [f"body.request.{place}"]
    assert says in found.errors[0]["msg"]
    assert (await ada.get("/v1/jobs")).json()["data"] == []


async def test_parts_of_universes_and_members_reach_the_job_whole(ada):
    made = await submitted(
        ada, backtest(universe="synthetic:SYN001,SYN002", members=["synthetic:SYN002"])
    )
    assert {"--universe=synthetic:SYN001,SYN002", "--members=synthetic:SYN002"} <= set(
        made["arguments"]
    )


def places(found):
    return [(one["loc"], one["type"]) for one in found.errors]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (backtest(universe="nope"), "universe"),
        (backtest(universe="nope:AAPL"), "universe"),
        (backtest(members=["NOPE"]), "members.0"),
        (score(universe="nope"), "universe"),
        (score(members=["NOPE"]), "members.0"),
        (score(symbols=["NOPE"]), "symbols.0"),
        ({"kind": "train", "request": {"universe": "nope"}}, "universe"),
        ({"kind": "sweep", "request": {"universe": "nope"}}, "universe"),
    ],
)
async def test_what_is_unknown_is_so_whatever_the_lake_holds(
    ada, queued, tmp_path, client_of, now, problem, body, place
):
    """The same problem at the same place: of a lake with bars, of instruments alone, and of an empty one."""
    whole = places(problem(await ada.post("/v1/jobs", json=body), 422, "invalid"))
    assert [loc for loc, _ in whole] == [f"body.request.{place}"]
    Lake(tmp_path / "barless").append_instruments("sample", [AAPL], recorded_at=RECORDED)
    for name in ("barless", "none"):
        settings = queued.model_copy(update={"lake_url": (tmp_path / name).as_uri()})
        client = client_of(make_api(settings, clock=lambda: now), role="scientist")
        assert places(problem(await client.post("/v1/jobs", json=body), 422, "invalid")) == whole


@pytest.mark.parametrize(
    "body",
    [
        BACKTEST, score(universe="sample"), score(universe="synthetic", start="2025-01-01"),
        {"kind": "train", "request": {"universe": "sample"}},
        {"kind": "sweep", "request": {"universe": "index"}},
    ],
)  # fmt: skip
async def test_an_empty_lake_refuses_what_reads_it(queued, tmp_path, client_of, now, problem, body):
    settings = queued.model_copy(update={"lake_url": (tmp_path / "none").as_uri()})
    client = client_of(make_api(settings, clock=lambda: now), role="scientist")
    found = problem(await client.post("/v1/jobs", json=body), 422, "invalid")
    assert found.errors[0]["loc"] == "body.request.universe"
    assert "trii data ingest" in found.errors[0]["msg"]


async def test_what_comes_after_another_job_may_need_what_that_brings(ada, problem):
    """The universe of an ingest that has not run yet; what can be known without the lake is."""
    asked = backtest(universe="mine")
    problem(await ada.post("/v1/jobs", json=asked), 422, "invalid")
    first = (await submitted(ada))["id"]
    assert (await submitted(ada, asked | {"after": [first]}))["after"] == [first]
    worse = backtest(universe="mine", parameters={"fast": 0}) | {"after": [first]}
    problem(await ada.post("/v1/jobs", json=worse), 422, "invalid")


async def test_a_job_that_was_taken_stays_so_when_the_lake_has_changed(
    ada, queued, tmp_path, client_of, now
):
    first = await submitted(ada, BACKTEST, **{"idempotency-key": "k"})
    settings = queued.model_copy(update={"lake_url": (tmp_path / "none").as_uri()})
    client = client_of(make_api(settings, clock=lambda: now), role="scientist")
    again = await submitted(client, BACKTEST, **{"idempotency-key": "k"})
    assert again["id"] == first["id"]


async def test_the_same_key_gives_the_first_job_and_another_body_is_a_conflict(
    ada, as_user, problem
):
    first = await submitted(ada, **{"idempotency-key": "k"})
    assert (await submitted(ada, **{"idempotency-key": "k"}))["id"] == first["id"]
    assert (await submitted(as_user("bob"), **{"idempotency-key": "k"}))["id"] != first["id"]
    answer = await ada.post("/v1/jobs", json=BACKTEST, headers={"idempotency-key": "k"})
    problem(answer, 409, "idempotency_conflict")
    assert len((await ada.get("/v1/jobs")).json()["data"]) == 1


async def test_a_job_of_the_command_line_is_shown_with_the_bundle_that_it_took_along(
    ada, queued, now
):
    request = JobRequest(module="own.run", bundle="a" * 64)
    made = queue.submit(queued, request, user_id="ada", now=now)
    assert (await ada.get(f"/v1/jobs/{made.id}")).json()["data"]["bundle"] == "a" * 64
    assert (await submitted(ada))["bundle"] is None


async def test_anothers_job_is_answered_as_one_that_does_not_exist(ada, as_user, queued):
    theirs = (await submitted(as_user("bob")))["id"]
    end(queued, theirs, "failed")
    asked = [
        ("GET", ""), ("DELETE", ""), ("POST", ":retry"), ("GET", "/logs"), ("GET", "/artifacts"),
        ("GET", "/artifacts/log.txt"),
    ]  # fmt: skip
    for method, path in asked:
        there = await ada.request(method, f"/v1/jobs/{theirs}{path}")
        absent = await ada.request(method, f"/v1/jobs/{theirs[:-1]}x{path}")
        assert (there.status_code, absent.status_code) == (404, 404)
        same = [one.json()["detail"].replace(theirs, "ID") for one in (there, absent)]
        assert same[0] == same[1].replace(f"{theirs[:-1]}x", "ID")
    after = await ada.post("/v1/jobs", json={**INGEST, "after": [theirs]})
    assert after.json()["errors"][0]["type"] == "unknown_job"
    assert (await ada.get("/v1/jobs")).json()["data"] == []
    assert (await ada.get("/v1/jobs?user=bob")).json()["data"] == []


async def test_operators_see_every_job_and_admins_change_them(as_user, problem):
    theirs = (await submitted(as_user("bob")))["id"]
    operator, admin = as_user("olga", "operator"), as_user("eve", "admin")
    assert (await operator.get(f"/v1/jobs/{theirs}")).status_code == 200
    assert [one["id"] for one in (await operator.get("/v1/jobs?user=bob")).json()["data"]]
    problem(await operator.delete(f"/v1/jobs/{theirs}"), 403, "forbidden")
    assert (await admin.delete(f"/v1/jobs/{theirs}")).json()["data"]["state"] == "cancelled"


@pytest.mark.parametrize("role", ["viewer", "analyst"])
async def test_jobs_need_their_scope(as_user, problem, role):
    client = as_user("ada", role)
    problem(await client.get("/v1/jobs"), 403, "forbidden")
    problem(await client.post("/v1/jobs", json=INGEST), 403, "forbidden")


async def test_pages_join_to_the_whole_newest_first(ada):
    ids = [(await submitted(ada))["id"] for _ in range(5)][::-1]
    found, token = [], ""
    while True:
        answer = (await ada.get(f"/v1/jobs?limit=2&state=queued,running{token}")).json()
        found += [one["id"] for one in answer["data"]]
        if answer["next_page_token"] is None:
            break
        token = f"&page_token={answer['next_page_token']}"
    assert found == ids
    assert (await ada.get("/v1/jobs?state=running")).json()["data"] == []


async def test_a_job_is_cancelled_once_and_tried_again_under_its_id(ada, problem):
    made = (await submitted(ada))["id"]
    assert (await ada.delete(f"/v1/jobs/{made}")).json()["data"]["state"] == "cancelled"
    problem(await ada.delete(f"/v1/jobs/{made}"), 409, "conflict")
    answer = await ada.post(f"/v1/jobs/{made}:retry")
    assert (answer.status_code, answer.headers["location"]) == (202, f"/v1/jobs/{made}")
    assert answer.json()["data"]["state"] == "queued"
    problem(await ada.post(f"/v1/jobs/{made}:retry"), 409, "conflict")


async def test_a_log_is_read_on_from_where_the_last_part_ended(ada, queued):
    made = (await submitted(ada))["id"]
    end(queued, made, "succeeded", log="früh\nspät\n")
    first = await ada.get(f"/v1/jobs/{made}/logs")
    assert first.headers["content-type"] == "text/plain; charset=utf-8"
    assert first.text == "früh\nspät\n"
    assert (first.headers["x-job-state"], first.headers["x-job-attempt"]) == ("succeeded", "1")
    rest = await ada.get(f"/v1/jobs/{made}/logs?from=6")
    assert rest.text == "spät\n"
    assert (first.headers["x-log-from"], rest.headers["x-log-from"]) == ("0", "6")
    nothing = await ada.get(f"/v1/jobs/{made}/logs?from={first.headers['x-log-next']}")
    assert (nothing.content, nothing.headers["x-log-next"]) == (b"", first.headers["x-log-length"])


async def test_progress_is_told_with_the_job(ada, queued):
    made = (await submitted(ada))["id"]
    end(queued, made, "succeeded", log='progress: {"done": 3, "total": 4, "unit": "files"}\n')
    told = (await ada.get(f"/v1/jobs/{made}")).json()["data"]
    assert told["progress"] == {
        "done": 3.0, "total": 4.0, "unit": "files", "doing": "", "share": 0.75, "eta": None
    }  # fmt: skip
    assert [one["outcome"] for one in told["attempts"]] == [None]


async def test_a_running_jobs_log_asks_to_come_again_while_ray_is_away(ada, queued, problem):
    made = (await submitted(ada))["id"]
    end(queued, made, "queued")
    now = datetime(2026, 1, 5, 13, tzinfo=UTC)
    with connect(queued, "serve") as connection:
        job = store.get_job(connection, made)
        store.begin_attempt(connection, job, session="s", fence=1, now=now)
        job = store.get_job(connection, made)
        store.note_attempt(connection, job, session="s", submitted_at=now)
    problem(await ada.get(f"/v1/jobs/{made}/logs"), 503, "overloaded")
    assert (await ada.get(f"/v1/jobs/{made}")).json()["data"]["progress"] is None


async def test_a_job_that_waits_in_ray_for_a_node_says_so(ada, queued, capsys):
    made = (await submitted(ada))["id"]
    now, why = datetime(2026, 1, 5, 13, tzinfo=UTC), "a further node mostly joins within 2 minutes"
    with connect(queued, "serve") as connection:
        job = store.get_job(connection, made)
        store.begin_attempt(connection, job, session="s", fence=1, now=now, reason=why)
        tell_waiting(store.get_job(connection, made))
    told = (await ada.get(f"/v1/jobs/{made}")).json()["data"]
    assert (told["state"], told["reason"]) == ("submitting", why)
    assert capsys.readouterr().err == f"{made} waits: {why}\n"


async def test_artifacts_are_listed_and_given_whole(ada, queued):
    made = (await submitted(ada))["id"]
    end(queued, made, "succeeded", log="done\n")
    inner = Path(folder.folder(queued, made)) / "plots"
    inner.mkdir()
    (inner / "ü.png").write_bytes(b"\x89PNG" * 1000)
    listed = (await ada.get(f"/v1/jobs/{made}/artifacts")).json()["data"]
    assert listed == [{"name": "log.txt", "bytes": 5}, {"name": "plots/ü.png", "bytes": 4000}]
    file = await ada.get(f"/v1/jobs/{made}/artifacts/plots/ü.png")
    assert file.content == b"\x89PNG" * 1000
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"].startswith("attachment")


async def test_no_name_and_no_link_leads_out_of_the_folder(ada, queued, problem):
    made = (await submitted(ada))["id"]
    end(queued, made, "succeeded", log="done\n")
    mine, secret = Path(folder.folder(queued, made)), queued.home / "secret.txt"
    secret.write_text("SECRET")
    (mine / "link").symlink_to(secret)
    (mine / "way").symlink_to(queued.home)
    os.mkfifo(mine / "pipe")
    (mine / "folder").mkdir()
    for name in (
        "..%2F..%2F..%2Fsecret.txt", "%2Fetc%2Fpasswd", "link", "pipe", "way/secret.txt", "folder",
        "folder/", "log.txt%00", "%2F", "folder%2F..%2Flog.txt", ".hidden", "x%2F.%2Flog.txt",
    ):  # fmt: skip
        answer = await ada.get(f"/v1/jobs/{made}/artifacts/{name}")
        assert answer.status_code in {404, 422}, name
        assert "SECRET" not in answer.text


async def test_without_the_database_the_answer_says_so(client, problem):
    problem(await client.get("/v1/jobs"), 503, "overloaded")
    problem(await client.post("/v1/jobs", json=INGEST), 503, "overloaded")


OWN = {"kind": "backtest", "request": {"strategy": "ideas.py:Calm", "universe": "synthetic"}}


@pytest.fixture
def bundle(queued, tmp_path):
    """The hash of a stored bundle with `ideas.py` and `calm/trend.py`."""
    for name in ("ideas.py", "calm/trend.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    made = bundles.pack_files(tmp_path, ["ideas.py", "calm/trend.py"], limit_bytes=10**6)
    bundles.store(queued, made)
    return made.sha256


async def test_a_backtest_of_ones_own_strategy_takes_its_bundle_along(ada, bundle):
    made = await submitted(ada, OWN | {"bundle": bundle})
    assert made["bundle"] == bundle
    assert "--strategy=ideas.py:Calm" in made["arguments"]
    asked = {"strategy": "calm.trend:Calm", "universe": "synthetic"}
    made = await submitted(ada, {"kind": "backtest", "request": asked, "bundle": bundle})
    assert "--strategy=calm.trend:Calm" in made["arguments"]


@pytest.mark.parametrize(
    "strategy",
    ["~/ideas.py:Calm", "~root/ideas.py", "/etc/ideas.py", "../ideas.py:Calm", "x/../ideas.py:Calm",
     "other.py", "file:///etc/ideas.py", "file:ideas.py:Calm", "file:Calm", "calm.nothing:Calm",
     "/etc/passwd:Calm", "C:\\ideas.py", "http://here/ideas.py:Calm"],
)  # fmt: skip
async def test_a_strategy_that_its_bundle_lacks_is_refused_by_its_rule(
    ada, bundle, problem, strategy
):
    body = {"kind": "backtest", "request": {"strategy": strategy, "universe": "synthetic"}}
    found = problem(await ada.post("/v1/jobs", json=body | {"bundle": bundle}), 422, "invalid")
    assert [one["loc"] for one in found.errors] == ["body.request.strategy"]
    assert "FILE.py:CLASS or MODULE:CLASS of the bundle" in found.errors[0]["msg"]
    found = problem(await ada.post("/v1/jobs", json=body), 422, "invalid")
    assert "trii strategy pack" in found.detail
    assert (await ada.get("/v1/jobs")).json()["data"] == []


@pytest.mark.parametrize(
    ("strategy", "bundle", "words"),
    [
        ("ideas.py:Calm", None, "trii strategy pack"),
        ("ideas.py:Calm", "b" * 64, "is stored; pack it again"),
        ("ideas.py:Calm", "B" * 64, "expected 64 hexadecimal digits"),
    ],
)
async def test_a_strategy_of_ones_own_without_its_code_is_refused(
    ada, problem, strategy, bundle, words
):
    body = {"kind": "backtest", "request": {"strategy": strategy, "universe": "synthetic"}}
    answer = await ada.post("/v1/jobs", json=body | ({"bundle": bundle} if bundle else {}))
    found = problem(answer, 422, "invalid")
    assert words in " ".join(one["msg"] for one in found.errors)


async def test_a_job_that_no_day_could_pay_is_refused_at_its_field(
    client_of, queued, lake_path, now, make_token, problem
):
    rates = {"batch": (MachineRate(usd_per_hour=0.8, cpus=16),)}
    limits = {"budget_usd_per_day": 1.0, "pool_rates": rates, "lake_url": lake_path.as_uri()}
    client = client_of(make_api(queued.model_copy(update=limits), clock=lambda: now))
    client.headers["authorization"] = f"Bearer {make_token('scientist', 'ada')}"

    found = problem(await client.post("/v1/jobs", json=INGEST | {"cpus": 32}), 422, "invalid")
    (fault,) = found.errors
    assert fault["loc"] == "body.cpus"
    assert (
        "reckoned at 1.60 USD (1 h in pool batch) and 1.00 USD a day may be spent" in fault["msg"]
    )
    assert "ask for fewer CPUs" in fault["msg"]
    await submitted(client, INGEST | {"cpus": 16})
