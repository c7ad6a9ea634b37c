"""`/v1/stream/jobs/{id}` behind the edge, against the real PostgreSQL; Ray's part is played."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import orjson
import pytest

from cluster.queue import commands as queue
from cluster.queue import folder, store
from cluster.queue.source import Source
from cluster.requests.job import JobRequest
from cluster.stores.postgres import connect
from deployments.stream.app import make_stream
from tests.deployments.conftest import NOW


class Written(Source):
    """The queue's own rows; the log of a running job is what the test says."""

    text = ""

    async def tail(self, _job):
        yield self.text
        await asyncio.Event().wait()


@pytest.fixture
def source(queued):
    return Written(queued)


@pytest.fixture
def app(queued, source):
    return make_stream(queued, clock=lambda: NOW, source=source)


@pytest.fixture
def submit(queued):
    def make(user="ada"):
        return queue.submit(queued, JobRequest(module="some.module"), user_id=user, now=NOW).id

    return make


@pytest.fixture
def move(queued):
    def go(job_id, to):
        now = NOW + timedelta(seconds=1)
        with connect(queued, "serve") as connection:
            job = store.get_job(connection, job_id)
            if to == "submitting":
                store.begin_attempt(connection, job, session="s", fence=1, now=now)
            else:
                store.move(connection, job, to, now=now)
                store.note_attempt(connection, job, session="s", submitted_at=now)

    return go


class Answer:
    """One request as a server sees it: what was sent so far, and a client that may leave."""

    def __init__(self):
        self.status, self.headers, self.text = 0, {}, ""
        self.left = asyncio.Event()

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        self.text += message.get("body", b"").decode()

    @property
    def events(self):
        blocks = [block.split("\n") for block in self.text.split("\n\n") if "data: " in block]
        return [orjson.loads(block[-1].removeprefix("data: ")) for block in blocks]

    @property
    def told(self):
        return [one.get("state") or one.get("text") or one["type"] for one in self.events]


@pytest.fixture
def ask(app, behind_edge, make_token):
    @asynccontextmanager
    async def request(job_id, role="scientist", subject="ada", serve=app, **headers):
        answer = Answer()
        given = {"authorization": f"Bearer {make_token(role, subject)}", **headers}
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "method": "GET",
            "path": f"/v1/stream/jobs/{job_id}", "raw_path": b"", "query_string": b"",
            "root_path": "", "scheme": "http", "http_version": "1.1", "app": None,
            "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in given.items()],
        }  # fmt: skip
        task = asyncio.create_task(behind_edge(serve)(scope, answer.receive, answer.send))
        try:
            yield answer
            answer.left.set()
            async with asyncio.timeout(10):
                await task
        finally:
            task.cancel()

    return request


async def test_a_job_is_followed_from_the_queue_to_its_end(
    app, ask, alive, submit, move, source, queued, eventually, monkeypatch
):
    """Each change is heard from PostgreSQL: the feed does not look by itself here."""
    monkeypatch.setattr("deployments.stream.feed._LOOK_S", 3600.0)
    job = submit()
    source.text = "hello\n"
    async with alive(app), ask(job) as answer:
        await eventually(lambda: answer.told == ["queued"])
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        move(job, "submitting")
        await eventually(lambda: answer.told[-1] == "submitting")
        move(job, "running")
        await eventually(lambda: answer.told[-2:] == ["running", "hello"])
        folder.keep_log(queued, job, "hello\nworld\n")
        move(job, "succeeded")
        await eventually(lambda: answer.told[-3:] == ["succeeded", "world", "succeeded"])
    assert [one["type"] for one in answer.events][-2:] == ["log", "end"]


async def test_anothers_job_and_one_that_is_not_there_are_the_same(ask, submit, eventually):
    theirs = submit("bob")
    details = []
    for job in (theirs, "bob-0"):
        async with ask(job) as answer:
            await eventually(lambda found=answer: found.status == 404)
            details.append(orjson.loads(answer.text)["detail"].replace(job, "ID"))
    assert details[0] == details[1]
    async with ask(theirs, role="operator") as answer:
        await eventually(lambda: answer.told == ["queued"])


async def test_a_browser_that_comes_back_behind_the_end_is_told_to_stay_away(
    ask, submit, move, queued, eventually
):
    job = submit()
    for state in ("submitting", "running", "failed"):
        move(job, state)
    folder.keep_log(queued, job, "a\nb\n")
    async with ask(job, last_event_id="1-1") as answer:
        await eventually(lambda: answer.told[-1:] == ["failed"] and len(answer.events) > 1)
        assert answer.told == ["failed", "b", "failed"]
    async with ask(job, last_event_id="1-2-end") as answer:
        await eventually(lambda: answer.status == 204)
    queue.retry(queued, job, now=NOW)
    async with ask(job, last_event_id="1-2-end") as answer:
        await eventually(lambda: answer.told == ["queued"])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"last_event_id": "SECRET"}, 422),
        ({"accept": "application/json"}, 406),
        ({"role": "analyst"}, 403),
        ({"job_id": "NO"}, 422),
    ],
)
async def test_what_is_wrong_is_a_problem(ask, submit, eventually, headers, status):
    given = {"job_id": "no-job", **headers}
    async with ask(**given) as answer:
        await eventually(lambda: answer.status)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert "SECRET" not in answer.text


async def test_serves_draining_reaches_the_clients_as_a_call_to_come_back(
    app, ask, alive, submit, eventually
):
    """Serve says so in its health check alone, which the edge asks in the same process."""
    drains = False
    seen = []

    async def serve(scope, receive, send):
        if scope["path"] == "/-/healthz":
            status = 503 if drains else 200
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        else:
            seen.append(dict(scope["headers"]))
            await app({**scope, "root_path": "/v1/stream"}, receive, send)

    async with alive(app), ask(submit(), serve=serve) as answer:
        await eventually(lambda: answer.told == ["queued"])
        drains = True
        await eventually(lambda: answer.told == ["queued", "reconnect"])
    assert seen[0][b"x-request-timeout-seconds"] == b"0.000"


async def test_a_client_that_leaves_takes_its_feed_along(app, ask, submit, source, eventually):
    job = submit()
    async with ask(job) as answer:
        await eventually(lambda: answer.told == ["queued"])
        running = len(asyncio.all_tasks())
    assert len(asyncio.all_tasks()) < running
