"""The OpenAPI document says what the server does: every answer is held against it."""

import asyncio
from importlib import import_module
from uuid import uuid4

import httpx
import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck, given
from schemathesis.specs.openapi import checks

from cluster.backtests.store import finish_backtest, insert_backtest
from cluster.queue import commands as queue
from cluster.queue import folder
from cluster.requests.job import JobRequest
from cluster.stores.postgres import connect
from deployments.api.app import ROUTERS
from deployments.openapi import Document
from tests.databases import data_at
from tests.deployments.conftest import NOW
from tests.deployments.whole import make_whole
from tests.examples import examples
from tests.generated import generate

CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
DOCUMENT = orjson.loads(Document(*ROUTERS).json)
OPERATIONS = [
    f"{method.upper()} {path}" for path, found in DOCUMENT["paths"].items() for method in found
]


def closed(schema):
    """Objects have the declared fields and no other, so that a field which nobody declared is seen."""
    if isinstance(schema, dict):
        bare = schema.get("type") == "object" and "properties" in schema
        more = (
            {} if not bare else {"additionalProperties": schema.get("additionalProperties", False)}
        )
        return {key: closed(value) for key, value in schema.items()} | more
    return [closed(part) for part in schema] if isinstance(schema, list) else schema


def knowing(schema, known):
    """The same, but parameters of a name in `known` take these values alone."""
    if isinstance(schema, dict):
        parts = {key: knowing(value, known) for key, value in schema.items()}
        if "in" in schema and (values := known.get(schema.get("name"))):
            one = {"enum": values}
            shape = schema["schema"]
            return {**parts, "schema": {**shape, "items": one} if "items" in shape else one}
        return parts
    return [knowing(part, known) for part in schema] if isinstance(schema, list) else schema


@pytest.fixture(scope="module")
def written(database):
    """Ids in PostgreSQL by the first part of their routes: a job that ended, a run, a trial."""
    jobs = [
        queue.submit(database, JobRequest(module="some.module"), user_id="ada", now=NOW).id
        for _ in range(2)
    ]
    for job in jobs:
        queue.cancel(database, job, now=NOW)
        folder.keep_log(database, job, "line\n")
    run = f"zz-{uuid4().hex[:8]}"
    with connect(database, "jobs") as connection:
        insert_backtest(connection, run, definition="d" * 64, request={}, created_at=NOW)
        finish_backtest(connection, run, metrics={"sharpe": 1.0}, result_path="/x", finished_at=NOW)
    yield {"jobs": jobs[0], "stream": jobs[1], "backtests": run}
    with connect(database, "owner") as connection:
        connection.execute("DELETE FROM backtests WHERE id = %s", [run])
        connection.execute("TRUNCATE jobs, job_attempts")


@pytest.fixture(scope="module")
def app(database, lake_path):
    lake = {"lake_url": data_at(lake_path.parent)["lake_url"]}
    settings = database.model_copy(update={**lake, "mlflow_port": 1})
    return make_whole(settings, clock=lambda: NOW)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_whatever_is_asked_the_answer_is_one_that_the_document_has(
    operation, app, written, behind_edge, make_token
):
    headers = {"authorization": f"Bearer {make_token()}"}
    document, noun = closed(DOCUMENT), ([*operation.split("/"), ""])[2]
    known = {
        "symbol": ["AAPL", "SYN001"], "symbols": ["AAPL", "SYN001"], "names": ["sma:5", "rsi:14"],
        "adjustment": ["all"], "name": ["log.txt"], "id": [written.get(noun)],
    }  # fmt: skip
    for told in (document, knowing(document, known)):
        schema = schemathesis.openapi.from_dict(told)
        schema.app = behind_edge(app)
        method, path = operation.split(" ")

        @examples(6, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(schema[path][method].as_strategy())
        def ask(case):
            answer = case.call(headers=headers)
            assert answer.status_code != 500, answer.text
            case.validate_response(answer, checks=CHECKS)

        ask()


def test_a_client_is_generated_without_a_warning_and_its_lists_arrive(
    app, behind_edge, make_token, tmp_path
):
    made, warnings = generate(orjson.dumps(DOCUMENT), tmp_path)
    assert not warnings
    client = made.AuthenticatedClient("http://trii", token=make_token())
    transport = httpx.ASGITransport(behind_edge(app))
    headers = {"authorization": f"Bearer {make_token()}"}
    client.set_async_httpx_client(
        httpx.AsyncClient(transport=transport, base_url="http://trii", headers=headers)
    )
    bars = import_module(f"{made.__name__}.api.bars.bars")
    asked = bars.asyncio(client=client, symbols=["SYN002", "SYN001"], limit=3000)
    found = asyncio.run(asked)
    assert {one.symbol for one in found.data} == {"SYN001", "SYN002"}
