"""The guard in front of MLflow, without MLflow."""

import base64

import httpx
import pytest

from cluster.registry.mlflow_app import TokenGuard

WRITE, ALIAS = "/api/2.0/mlflow/runs/create", "/api/2.0/mlflow/registered-models/alias"


def as_password(token):
    return "Basic " + base64.b64encode(f"anybody:{token}".encode()).decode()


@pytest.fixture
def ask():
    """The status that a request with a token gets; 200 means that it came through."""

    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def asked(method, path, authorization="", **tokens):
        guard = TokenGuard(app, token="right", **tokens)
        headers = {"authorization": authorization} if authorization else {}
        transport = httpx.ASGITransport(app=guard)
        async with httpx.AsyncClient(transport=transport, base_url="http://mlflow") as client:
            return await client.request(method, path, headers=headers)

    return asked


@pytest.mark.parametrize("given", ["Bearer jobs", as_password("jobs")])
async def test_a_jobs_token_writes_runs_and_is_told_what_it_may_not(ask, given):
    assert (await ask("POST", WRITE, given, jobs_token="jobs")).status_code == 200
    refused = await ask("POST", ALIAS, given, jobs_token="jobs")
    assert (refused.status_code, "no versions, aliases" in refused.text) == (403, True)
    assert (await ask("DELETE", ALIAS, given, jobs_token="jobs")).status_code == 403


@pytest.mark.parametrize("given", ["Bearer right", as_password("right")])
async def test_the_platforms_token_does_everything(ask, given):
    for path in (WRITE, ALIAS):
        assert (await ask("POST", path, given, jobs_token="jobs")).status_code == 200


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", "Bearer wrong", as_password("")])
async def test_where_jobs_have_no_token_an_empty_one_opens_nothing(ask, given):
    for tokens in ({}, {"jobs_token": ""}, {"jobs_token": "jobs"}):
        answer = await ask("GET", "/", given, **tokens)
        assert (answer.status_code, "www-authenticate" in answer.headers) == (401, True)


async def test_a_websocket_is_closed_without_the_token():
    reached, sent = [], []

    async def app(*_):
        reached.append(True)

    async def send(message):
        sent.append(message)

    guard = TokenGuard(app, token="right", jobs_token="jobs")
    scope = {"type": "websocket", "path": "/", "headers": []}
    for headers in ([], [(b"authorization", b"Bearer jobs")]):
        await guard({**scope, "headers": headers}, None, send)
    assert sent == [{"type": "websocket.close", "code": 1008}] * 2
    assert not reached
    await guard({**scope, "headers": [(b"authorization", b"Bearer right")]}, None, send)
    assert reached
