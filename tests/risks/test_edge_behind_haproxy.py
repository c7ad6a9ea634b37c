"""What a client of HAProxy is told when something goes wrong: problems, from every application."""

import asyncio
import socket
from uuid import UUID

import httpx
import pytest

pytestmark = pytest.mark.long


PROBLEM = "application/problem+json"


@pytest.fixture
def http(probe):
    with probe.http() as client:
        yield client


@pytest.fixture
def stranger(probe):
    """A client without identity."""
    with httpx.Client(base_url=probe.settings.api_url, timeout=30.0, trust_env=False) as client:
        yield client


def assert_problem(answer: httpx.Response, *, status: int, code: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["request_id"] == answer.headers["x-request-id"]


def test_a_request_without_identity_is_a_401(stranger):
    answer = stranger.get("/probe/")
    assert_problem(answer, status=401, code="unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_an_unknown_path_of_an_application_is_a_404(http):
    assert_problem(http.get("/probe/nowhere"), status=404, code="not_found")


def test_a_body_over_the_limit_is_a_413_even_when_it_claims_no_length(http, probe):
    limit = probe.settings.body_limit_bytes
    assert http.post("/probe/echo", content=b"x" * limit).json() == {"bytes": limit}
    over = b"x" * (limit + 1)
    assert_problem(http.post("/probe/echo", content=over), status=413, code="too_large")
    chunks = (over[at : at + 65_536] for at in range(0, len(over), 65_536))
    assert_problem(http.post("/probe/echo", content=chunks), status=413, code="too_large")


def test_a_crash_is_a_500_that_tells_nothing_of_the_code(http):
    answer = http.get("/probe/crash")
    assert_problem(answer, status=500, code="internal")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_a_deadline_that_passes_is_a_504(http):
    answer = http.get("/probe/slow?seconds=20", headers={"X-Request-Timeout-Ms": "300"})
    assert_problem(answer, status=504, code="deadline_exceeded")
    assert answer.elapsed.total_seconds() < 5


def test_a_client_cannot_switch_the_time_limit_of_serve_off(http):
    headers = {"x-request-timeout-seconds": "0", "X-Request-Timeout-Ms": "300"}
    answer = http.get("/probe/slow?seconds=20", headers=headers)
    assert_problem(answer, status=504, code="deadline_exceeded")


async def test_a_full_queue_is_a_503_that_says_when_to_come_back(probe):
    async with httpx.AsyncClient(
        base_url=probe.settings.api_url, headers=probe.headers, timeout=30.0, trust_env=False
    ) as http:
        answers = await asyncio.gather(*(http.get("/narrow/slow?seconds=1") for _ in range(8)))
    refused = [a for a in answers if a.status_code != 200]
    assert 0 < len(refused) < len(answers)
    for answer in refused:
        assert_problem(answer, status=503, code="overloaded")
        assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize("path", ["/probe/", "/probe/nowhere", "/probe/crash"])
def test_every_answer_of_an_application_carries_a_request_id(http, path):
    assert http.get(path, headers={"X-Request-Id": "mine-1"}).headers["x-request-id"] == "mine-1"
    assert UUID(http.get(path, headers={"X-Request-Id": "no spaces"}).headers["x-request-id"])
    assert UUID(http.get(path).headers["x-request-id"])


def test_a_path_of_no_application_is_a_404_from_haproxy_itself(stranger):
    answer = stranger.get("/nobody/has/this", headers={"X-Request-Id": "mine-2"})
    assert_problem(answer, status=404, code="not_found")
    assert answer.headers["x-request-id"] == "mine-2"


# What HAProxy says by itself in another form than ours, before any application is asked. The
# decision page lists the same; a 400, 408 or 431 of its own is a client that speaks no proper HTTP.
OWN_WORDS = {
    "/-/healthz": ("text/plain", "success"),
    "/-/routes": ("application/json", '{"/narrow":"narrow","/probe":"probe"}'),
}


@pytest.mark.parametrize("path", OWN_WORDS)
def test_what_haproxy_itself_answers_is_known(stranger, path):
    kind, text = OWN_WORDS[path]
    answer = stranger.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.text.replace(" ", "") == text
    assert "x-request-id" not in answer.headers


def test_what_is_not_http_is_refused_by_haproxy_itself(probe):
    with socket.create_connection(("127.0.0.1", probe.settings.api_port), timeout=10) as raw:
        raw.sendall(b"no such thing\r\n\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 400 Bad request")
