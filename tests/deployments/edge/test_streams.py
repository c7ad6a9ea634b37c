"""What the edge does for streams alone: no time limit of requests, and a way to hear of the end."""

import pickle

import httpx
import pytest

from deployments.http.context import KEY, RequestContext


@pytest.fixture
def seen():
    return {}


@pytest.fixture
def app(seen):
    async def record(scope, receive, send):
        seen.update(headers=dict(scope["headers"]), context=scope[KEY])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return record


@pytest.mark.parametrize(
    ("path", "given", "limit"),
    [
        ("/v1/stream/jobs/a", {}, b"0.000"),
        ("/v1/stream/jobs/a", {"x-request-timeout-ms": "2500"}, b"2.500"),
        ("/v1/stream/jobs/a", {"x-request-timeout-seconds": "7"}, b"0.000"),
        ("/v1/streams", {}, None),
        ("/v1/jobs/v1/stream/", {}, None),
    ],
)
async def test_only_streams_have_no_time_limit(client_of, app, seen, path, given, limit):
    await client_of(app).get(path, headers=given)
    assert seen["headers"].get(b"x-request-timeout-seconds") == limit
    assert (seen["context"].is_leaving is None) == (not path.startswith("/v1/stream/"))


async def test_a_request_still_travels_to_another_process(client_of, app, seen):
    """Serve's fallback proxy pickles the scope; what only this process knows stays here."""
    await client_of(app).get("/v1/stream/jobs/a")
    copy = pickle.loads(pickle.dumps(seen["context"]))
    assert isinstance(copy, RequestContext)
    assert (copy.identity, copy.request_id) == (
        seen["context"].identity, seen["context"].request_id
    )  # fmt: skip
    assert copy.is_leaving is None


async def test_a_stream_needs_a_token(behind_edge, app, problem):
    transport = httpx.ASGITransport(behind_edge(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://trii") as client:
        problem(await client.get("/v1/stream/jobs/a"), 401, "unauthenticated")
