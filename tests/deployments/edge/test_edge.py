"""The edge in front of an application, over ASGI, without Serve."""

import asyncio

import httpx
import pytest

from deployments.http.context import context_of

TEXT = [(b"content-type", b"text/plain; charset=utf-8")]


def answering(status=200, body=b"hello", headers=TEXT):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        await send({"type": "http.response.body", "body": body})

    return app


class Echo:
    """Remembers what reached it."""

    def __init__(self):
        self.scope = None
        self.body = b""

    async def __call__(self, scope, receive, send):
        self.scope = scope
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                break
        await answering()(scope, receive, send)

    @property
    def headers(self):
        return httpx.Headers(self.scope["headers"])

    @property
    def context(self):
        return context_of(self.scope)


async def test_health_answers_without_identity_and_without_the_application(client_of):
    async def broken(scope, receive, send):
        raise AssertionError("not reached")

    answer = await client_of(broken, role=None).get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(("status", "expected"), [(200, 200), (503, 503)])
async def test_readiness_is_what_serve_says_of_the_process(client_of, status, expected):
    paths = []

    async def serve(scope, receive, send):
        paths.append(scope["path"])
        await answering(status)(scope, receive, send)

    answer = await client_of(serve, role=None).get("/readyz")
    assert answer.status_code == expected
    assert paths == ["/-/healthz"]


@pytest.mark.parametrize(
    "path", ["/-/healthz", "/-/routes", "/openapi.json", "/docs", "/docs/a.js"]
)
async def test_open_paths_need_no_identity(client_of, path):
    assert (await client_of(answering(), role=None).get(path)).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/v1/quotes/SYN001", "/docsx", "/openapi.json/", "//healthz", "/-/healthz/x"]
)
async def test_every_other_path_asks_for_a_token(client_of, problem, path):
    answer = await client_of(answering(), role=None).get(f"http://trii{path}")
    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="trii"'


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer x.y.z", "Bearer " + "é" * 9]
)
async def test_a_bad_credential_is_refused_and_not_repeated(client_of, problem, value):
    client = client_of(answering(), role=None)
    answer = await client.get("/v1/x", headers={"authorization": value.encode("latin-1")})
    problem(answer, 401, "unauthenticated")
    assert "x.y.z" not in answer.text


async def test_two_credentials_are_refused(client_of, problem, make_token):
    one = f"Bearer {make_token()}"
    client = client_of(answering(), role=None)
    answer = await client.get("/v1/x", headers=[("authorization", one), ("authorization", one)])
    problem(answer, 401, "unauthenticated")


async def test_the_application_gets_the_identity_but_never_the_credential(client_of):
    echo = Echo()
    await client_of(echo, role="viewer").get("/v1/x", headers={"x-trii-user": "mallory"})
    assert echo.context.identity.subject == "ada"
    assert "authorization" not in echo.headers


async def test_a_request_id_of_the_client_is_kept_where_it_is_harmless(client_of):
    echo = Echo()
    answer = await client_of(echo).get("/v1/x", headers={"x-request-id": "Run-7.a_b"})
    assert answer.headers["x-request-id"] == "Run-7.a_b"
    assert echo.headers["x-request-id"] == echo.context.request_id == "Run-7.a_b"


@pytest.mark.parametrize("bad", ["", "x" * 65, "a b", "é", "<script>", "a\tb"])
async def test_any_other_request_id_is_replaced(client_of, bad):
    answer = await client_of(Echo()).get("/v1/x", headers={"x-request-id": bad.encode("latin-1")})
    assert answer.headers["x-request-id"] != bad
    assert len(answer.headers["x-request-id"]) == 36


async def test_the_answer_carries_one_request_id_even_where_serve_adds_its_own(client_of):
    app = answering(headers=[*TEXT, (b"X-Request-ID", b"inner")])
    answer = await client_of(app).get("/v1/x", headers={"x-request-id": "mine"})
    assert answer.headers.get_list("x-request-id") == ["mine"]


async def test_serves_own_headers_cannot_be_set_from_outside(client_of):
    echo = Echo()
    hostile = {
        "x-request-timeout-seconds": "0",
        "x-request-disconnect-disabled": "?1",
        "serve_multiplexed_model_id": b"\xff",
        "x-session-id": b"\xff",
    }
    await client_of(echo).get("/v1/x", headers=hostile)
    assert not set(hostile) & set(echo.headers)


@pytest.mark.parametrize(
    ("asked", "given"), [("250", "0.250"), ("1", "0.001"), ("60000", "10.000")]
)
async def test_a_deadline_reaches_serve_and_is_at_most_the_limit(client_of, asked, given):
    echo = Echo()
    await client_of(echo).get("/v1/x", headers={"x-request-timeout-ms": asked})
    assert echo.headers["x-request-timeout-seconds"] == given


@pytest.mark.parametrize("bad", ["0", "000", "-1", "1.5", "1e3", "", "NaN", "9" * 10, "٣"])
async def test_a_deadline_that_is_no_time_is_refused(client_of, problem, bad):
    headers = {"x-request-timeout-ms": bad.encode()}
    found = problem(await client_of(Echo()).get("/v1/x", headers=headers), 422, "invalid")
    assert found.errors[0]["loc"] == "header.X-Request-Timeout-Ms"


async def test_a_body_at_the_limit_passes_and_one_byte_more_does_not(client_of, problem):
    echo = Echo()
    client = client_of(echo, body_bytes=10)
    assert (await client.post("/v1/x", content=b"x" * 10)).status_code == 200
    assert echo.body == b"x" * 10
    problem(await client.post("/v1/x", content=b"x" * 11), 413, "too_large")


async def test_a_body_without_a_length_is_counted_as_it_arrives(client_of, problem):
    async def chunks():
        for _ in range(5):
            yield b"x" * 4

    client = client_of(Echo(), body_bytes=10)
    problem(await client.post("/v1/x", content=chunks()), 413, "too_large")


async def test_a_length_that_lies_does_not_get_more_through(behind_edge, make_token):
    """ASGI servers cut at the claimed length; the edge does not rely on it."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b"x" * 11, "more_body": False}

    headers = [(b"content-length", b"1"), (b"authorization", f"Bearer {make_token()}".encode())]
    scope = {"type": "http", "method": "POST", "path": "/v1/x", "headers": headers}
    await behind_edge(Echo(), body_bytes=10)(scope, receive, send)
    assert sent[0]["status"] == 413


@pytest.mark.parametrize("claim", ["1" + "0" * 5000, "11", "00011"])
async def test_a_claimed_length_over_the_limit_is_refused_before_the_body(
    client_of, problem, claim
):
    headers = {"content-length": claim}
    answer = await client_of(Echo(), body_bytes=10).post("/v1/x", content=b"", headers=headers)
    problem(answer, 413, "too_large")


@pytest.mark.parametrize(
    ("status", "seen", "code"),
    [
        (404, 404, "not_found"),
        (408, 504, "deadline_exceeded"),
        (429, 503, "overloaded"),
        (503, 503, "overloaded"),
        (500, 500, "internal"),
        (499, 499, "client_closed_request"),
    ],
)
async def test_serves_plain_texts_leave_as_problems(client_of, problem, status, seen, code):
    answer = await client_of(answering(status, b"Path '/secret' on replica 7")).get("/v1/x")
    problem(answer, seen, code)
    assert "replica 7" not in answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_serves_retry_after_is_kept(client_of):
    app = answering(503, headers=[*TEXT, (b"retry-after", b"7")])
    assert (await client_of(app).get("/v1/x")).headers["retry-after"] == "7"


@pytest.mark.parametrize("media", ["application/problem+json", "text/html", "application/json"])
async def test_what_is_not_plain_text_passes_untouched(client_of, media):
    app = answering(404, b"mine", headers=[(b"content-type", media.encode())])
    answer = await client_of(app).get("/v1/x")
    assert (answer.status_code, answer.text) == (404, "mine")


async def test_plain_text_that_is_no_error_passes_untouched(client_of):
    assert (await client_of(answering(200, b"a,b")).get("/v1/x")).text == "a,b"


async def test_an_exception_behind_becomes_a_problem_without_a_word_of_it(client_of, problem):
    async def app(scope, receive, send):
        raise RuntimeError("password=hunter2")

    answer = await client_of(app).get("/v1/x")
    problem(answer, 500, "internal")
    assert "hunter2" not in answer.text


async def test_an_exception_in_the_middle_of_an_answer_breaks_it_off(behind_edge, make_token):
    """A cut answer must not look like a whole one."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError

    transport = httpx.ASGITransport(behind_edge(app))
    headers = {"authorization": f"Bearer {make_token()}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://trii") as client:
        with pytest.raises(RuntimeError):
            await client.get("/v1/x", headers=headers)


async def test_serves_cancellation_after_its_own_answer_keeps_the_connection(client_of, problem):
    async def app(scope, receive, send):
        await answering(408)(scope, receive, send)
        raise asyncio.CancelledError

    problem(await client_of(app).get("/v1/x"), 504, "deadline_exceeded")


async def test_a_real_cancellation_goes_through(behind_edge, make_token):
    async def app(scope, receive, send):
        await asyncio.Event().wait()

    headers = [(b"authorization", f"Bearer {make_token()}".encode())]
    scope = {"type": "http", "method": "GET", "path": "/v1/x", "headers": headers}
    task = asyncio.create_task(behind_edge(app)(scope, None, None))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_header_with_a_line_break_does_not_leave(client_of):
    app = answering(headers=[*TEXT, (b"x-model-version", b"1\r\nset-cookie: a=b")])
    answer = await client_of(app).get("/v1/x")
    assert "x-model-version" not in answer.headers
    assert "set-cookie" not in answer.headers


async def test_head_is_answered_as_get(client_of):
    echo = Echo()
    assert (await client_of(echo).head("/v1/x")).status_code == 200
    assert echo.scope["method"] == "GET"


def socket(path, token=None):
    headers = [(b"authorization", b"Bearer " + token.encode())] if token else []
    return {"type": "websocket", "path": path, "headers": headers}


@pytest.mark.parametrize("path", ["/", "/v1/stream/jobs/a", "/api/jobs/a/b/logs/tail"])
async def test_a_websocket_is_closed_before_it_opens(behind_edge, make_token, path):
    sent = []

    async def send(message):
        sent.append(message)

    await behind_edge(answering())(socket(path, make_token()), None, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.mark.parametrize("known", [True, False])
async def test_a_log_is_followed_over_a_websocket_by_who_has_a_token(
    behind_edge, make_token, observed, known
):
    seen, sent = [], []

    async def app(scope, receive, send):
        seen.append(scope)
        await send({"type": "websocket.accept"})

    async def send(message):
        sent.append(message["type"])

    token = make_token() if known else None
    await behind_edge(app)(socket("/api/jobs/a/logs/tail", token), None, send)
    assert sent == ["websocket.accept" if known else "websocket.close"]
    assert [entry.status for entry in observed] == [101 if known else 403]
    assert len(seen) == known
    for scope in seen:
        assert context_of(scope).identity.subject == "ada"
        assert b"authorization" not in dict(scope["headers"])


async def test_each_answer_is_observed_once_with_its_template(client_of, observed):
    async def app(scope, receive, send):
        context_of(scope).endpoint = "/v1/quotes/{symbol}"
        await answering()(scope, receive, send)

    await client_of(app).get("/v1/quotes/SYN001")
    await client_of(app, role=None).request("BREW", "/v1/quotes/SYN001")
    first, second = observed
    assert (first.method, first.endpoint, first.status) == ("GET", "/v1/quotes/{symbol}", 200)
    assert (first.user_id, first.duration_s >= 0) == ("ada", True)
    assert (second.method, second.endpoint, second.status) == ("OTHER", "unmatched", 401)
