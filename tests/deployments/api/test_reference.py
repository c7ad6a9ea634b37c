"""Symbols, calendar, documents, and what nobody serves."""

import re

import pytest

from deployments.api import tables
from deployments.api.asgi import make_api


async def test_all_symbols_are_listed_by_name(client):
    found = (await client.get("/v1/symbols")).json()["data"]
    assert [one["symbol"] for one in found] == ["AAPL", "SYN001", "SYN002", "SYN003"]
    assert (found[0]["synthetic"], found[0]["adjusted"], found[0]["fields"]) == (
        False,
        True,
        "close",
    )
    assert found[1]["synthetic"] is True


@pytest.mark.parametrize(
    ("q", "count"), [("syn", 3), ("SYN002", 1), ("app", 1), ("zzz", 0), ("%25", 0)]
)
async def test_a_part_of_a_symbol_or_name_finds_it(client, q, count):
    assert len((await client.get(f"/v1/symbols?q={q}")).json()["data"]) == count


async def test_symbols_come_in_pages(client):
    first = (await client.get("/v1/symbols?limit=3")).json()
    second = (await client.get(f"/v1/symbols?limit=3&page_token={first['next_page_token']}")).json()
    assert [one["symbol"] for one in second["data"]] == ["SYN003"]
    assert second["next_page_token"] is None


async def test_the_calendar_knows_holidays_and_early_closes(client):
    answer = await client.get("/v1/calendar?exchange=XNYS&start=2025-11-26&end=2025-11-30")
    assert answer.json()["data"] == [
        {
            "session": "2025-11-26",
            "open": "2025-11-26T14:30:00Z",
            "close": "2025-11-26T21:00:00Z",
            "early_close": False,
        },
        {
            "session": "2025-11-28",
            "open": "2025-11-28T14:30:00Z",
            "close": "2025-11-28T18:00:00Z",
            "early_close": True,
        },
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/symbols?q=",
        "/v1/symbols?q=" + "x" * 33,
        "/v1/symbols?limit=1001",
        "/v1/symbols?page_token=x",
        "/v1/calendar",
        "/v1/calendar?start=2025-01-02&end=2025-01-01",
        "/v1/calendar?start=2000-01-01&end=2025-01-01",
        "/v1/calendar?start=1950-01-01&end=1950-02-01",
        "/v1/calendar?start=2039-01-01&end=2041-02-01",
        "/v1/calendar?exchange=XLON&start=2025-01-01&end=2025-01-02",
        "/v1/calendar?exchange[]=XNYS&start=2025-01-01&end=2025-01-02",
    ],
)
async def test_bad_input_is_a_fault_of_the_caller(client, problem, path):
    assert problem(await client.get(path), 422, "invalid").errors


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/v1/models", "models:read"),
        ("/v1/models/volatility-regime/versions", "models:read"),
        ("/v1/backtests", "backtests:read"),
        ("/v1/backtests/x", "backtests:read"),
    ],
)
async def test_an_analyst_has_no_business_here(api_settings, client_of, problem, path, scope):
    client = client_of(make_api(api_settings), role="analyst")
    assert scope in problem(await client.get(path), 403, "forbidden").detail


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/volatility-regime/versions"])
async def test_a_registry_that_is_away_is_said_and_not_waited_for(client, problem, path):
    answer = await client.get(path)
    assert "registry is away" in problem(answer, 503, "overloaded").detail
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("path", ["/v1/backtests", "/v1/backtests/01H-x"])
async def test_a_database_that_is_away_is_said(client, problem, path):
    answer = await client.get(path)
    assert "database is away" in problem(answer, 503, "overloaded").detail
    assert "127.0.0.1" not in answer.text


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/models/Nope/versions", 422, "invalid"),
        ("/v1/models/x'%20or%20name%20=%20'y/versions", 422, "invalid"),
        ("/v1/models?x=1", 422, "invalid"),
        ("/v1/backtests?limit=0", 422, "invalid"),
        ("/v1/backtests?page_token=e30", 422, "invalid"),
        ("/v1/backtests/%00", 422, "invalid"),
        ("/v1/backtests/a%20b", 422, "invalid"),
        ("/", 404, "not_found"),
        ("/v1", 404, "not_found"),
        ("/v1/nothing", 404, "not_found"),
        ("/v1/bars/", 404, "not_found"),
        ("/%ED%A0%80", 404, "not_found"),
        ("/docs/../secret", 404, "not_found"),
    ],
)
async def test_what_is_not_there_is_a_problem(client, problem, path, status, code):
    problem(await client.get(path), status, code)


async def test_one_document_describes_every_application(api_settings, client_of):
    open_client = client_of(make_api(api_settings), role=None)
    document = (await open_client.get("/openapi.json")).json()
    assert set(document["paths"]) == {
        "/v1/quotes/{symbol}",
        "/v1/quotes",
        "/v1/bars",
        "/v1/symbols",
        "/v1/calendar",
        "/v1/analysis/{symbol}/indicators",
        "/v1/analysis/{symbol}/statistics",
        "/v1/predictions",
        "/v1/models",
        "/v1/models/{name}/versions",
        "/v1/backtests",
        "/v1/backtests/{id}",
        "/healthz",
        "/readyz",
    }
    for path, methods in document["paths"].items():
        for operation in methods.values():
            if not path.endswith("z"):
                assert operation["security"][0]["bearer"], path
                names = [one["name"] for one in operation.get("parameters", [])]
                assert all(f"{{{name}}}" not in path or name in names for name in names)
    assert _references(document) <= {
        f"#/components/schemas/{name}" for name in document["components"]["schemas"]
    }


async def test_the_document_names_every_form_of_bars_and_every_refusal_of_a_body(
    api_settings, client_of
):
    paths = (await client_of(make_api(api_settings)).get("/openapi.json")).json()["paths"]
    bars = paths["/v1/bars"]["get"]["responses"]
    assert set(bars["200"]["content"]) == set(tables.FORMS)
    assert "406" in bars
    assert {"400", "413"} <= paths["/v1/predictions"]["post"]["responses"].keys()


def _references(node):
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(_references, node.values()))
    if isinstance(node, list):
        return set().union(*map(_references, node))
    return set()


async def test_the_docs_load_nothing_from_elsewhere(api_settings, client_of):
    open_client = client_of(make_api(api_settings), role=None)
    page = await open_client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert not re.findall(r"""(?:src|href)=["'](?!/docs/)""", page.text)
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"):
        assert f"/docs/{name}" in page.text
        assert (await open_client.get(f"/docs/{name}")).status_code == 200
    assert (await open_client.get("/docs/consts.py")).status_code == 404
