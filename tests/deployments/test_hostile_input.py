"""Whatever is thrown at a route, it is the caller's fault or an answer: never a 500."""

import asyncio
import json
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from cluster.settings import Settings
from cluster.stores.lake import Lake
from deployments.analysis.app import make_analysis
from deployments.api.app import make_api
from deployments.predictions.app import make_predictions
from deployments.predictions.predictor import Predictor
from deployments.quotes.app import make_quotes
from deployments.stream.app import make_stream
from tests.examples import examples
from tests.lakes import RECORDED

HOSTILE = examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
NASTY = st.sampled_from(
    [
        "",
        "\x00",
        "\r\n",
        "é",
        "�",
        "٣",
        "NaN",
        "1e999",
        "true",
        "-1",
        "+5",
        "1_0",
        "9" * 30,
        "%",
        "SYN001",
        "AAPL",
        "^",
        "A" * 17,
        "sma:20",
        "1Day",
        "2026-01-01",
        "0001-01-01",
        "9999-12-31",
        "' OR 1=1 --",
        "../../etc/passwd",
        "<script>",
        "{}",
        "[]",
        "null",
        "raw",
        "bars@1",
        "queued,running",
        "1-1-end",
    ]
)
TEXT = NASTY | st.text(max_size=20)
NAMES = st.sampled_from(
    [
        "symbols",
        "names",
        "limit",
        "start",
        "end",
        "as_of",
        "page_token",
        "snapshot",
        "q",
        "sort",
        "timeframe",
        "adjustment",
        "fields",
        "exchange",
        "horizon",
        "model",
        "version",
        "state",
        "user",
        "from",
        "kind",
        "request",
        "after",
        "x",
        "",
    ]
)
PATHS = st.sampled_from(
    [
        "/v1/quotes",
        "/v1/quotes/{}",
        "/v1/bars",
        "/v1/symbols",
        "/v1/calendar",
        "/v1/models",
        "/v1/models/{}/versions",
        "/v1/backtests",
        "/v1/backtests/{}",
        "/v1/trials",
        "/v1/jobs",
        "/v1/jobs/{}",
        "/v1/jobs/{}:retry",
        "/v1/jobs/{}/logs",
        "/v1/jobs/{}/artifacts/{}",
        "/v1/stream/jobs/{}",
        "/v1/predictions",
        "/{}",
        "/v1/analysis/{}/indicators",
        "/v1/analysis/{}/statistics",
        "/docs/{}",
        "/v1/{}/{}",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXT, inner, max_size=4),
    max_leaves=8,
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *("accept", "content-type", "x-request-id", "x-request-timeout-ms", "range"),
            *("idempotency-key", "last-event-id"),
        ]
    ),
    TEXT.map(lambda text: text.encode("utf-8", "replace").translate(None, b"\r\n\0")),
    max_size=3,
)


def encoded(text):
    return quote(text, safe="", errors="surrogatepass")


@pytest.fixture(scope="module")
def applications(lake_path):
    home = Settings(home=lake_path.parent, postgres_port=1, mlflow_port=1, redis_port=1)
    predictor = Predictor(Lake(lake_path), clock=lambda: RECORDED)
    served = [make_quotes(home), make_analysis(home), make_predictions(predictor)]
    return [make_api(home), *served, make_stream(home)]


@pytest.fixture
def send(applications, behind_edge, make_token):
    """Send one request to every application and give the answers."""
    headers = {"authorization": f"Bearer {make_token()}"}

    async def ask(method, url, content, extra):
        answers = []
        for app in applications:
            transport = httpx.ASGITransport(behind_edge(app), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://trii") as client:
                answers.append(
                    await client.request(method, url, content=content, headers=headers | extra)
                )
        return answers

    return lambda *args: asyncio.run(ask(*args))


def check(answers):
    for answer in answers:
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.text.isascii()
            assert answer.json()["request_id"] == answer.headers["x-request-id"]


@HOSTILE
@given(
    path=PATHS,
    part=TEXT,
    query=st.lists(st.tuples(NAMES | TEXT, TEXT), max_size=4),
    headers=HEADERS,
)
def test_no_path_and_no_query_breaks_a_route(send, path, part, query, headers):
    url = path.replace("{}", encoded(part))
    pairs = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in query)
    check(send("GET", f"{url}?{pairs}", b"", headers))


@HOSTILE
@given(
    body=st.binary(max_size=60)
    | JSON.map(json.dumps).map(str.encode)
    | st.dictionaries(NAMES, JSON, max_size=4).map(json.dumps).map(str.encode),
    kind=st.sampled_from(["application/json", "text/plain", "application/x-www-form-urlencoded"]),
    path=st.sampled_from(["/v1/predictions", "/v1/jobs", "/v1/jobs/a:retry"]),
)
def test_no_body_breaks_a_route(send, body, kind, path):
    check(send("POST", path, body, {"content-type": kind}))


@HOSTILE
@given(
    kind=st.sampled_from(["ingest", "backtest", "sweep", "train", "score"]) | TEXT,
    fields=st.dictionaries(
        st.sampled_from(
            ["request", "pool", "cpus", "gpus", "priority", "deadline", "after", "max_attempts"]
        ),
        JSON,
    ),
    request=st.dictionaries(
        st.sampled_from(
            [
                "strategy",
                "parameters",
                "universe",
                "model",
                "symbols",
                "dataset",
                "since",
                "start",
                "hidden",
                "epochs",
                "learning_rate",
            ]
        ),
        JSON,
    ),
    key=TEXT.map(lambda text: text.encode("utf-8", "replace").translate(None, b"\r\n\0")),
)
def test_no_job_that_looks_almost_right_breaks_a_route(send, kind, fields, request, key):
    body = json.dumps({"request": request, **fields, "kind": kind}).encode()
    extra = {"content-type": "application/json", "idempotency-key": key}
    check(send("POST", "/v1/jobs", body, extra))
