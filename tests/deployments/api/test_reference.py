"""Symbols, calendar, documents, and what nobody serves."""

import re
from dataclasses import replace
from datetime import date
from typing import get_args

import pytest

from cluster.settings import Settings
from cluster.stores.lake import Lake
from deployments.api import tables
from deployments.api.app import make_api
from deployments.api.sessions import Exchange
from market.calendar import CALENDARS
from tests.lakes import AAPL, RECORDED, fill


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


async def test_a_symbol_that_an_instrument_had_twice_is_on_the_pages_twice(
    tmp_path, client_of, now
):
    lake = Lake(tmp_path / "lake")
    fill(lake)
    first = replace(AAPL, valid_from=date(2000, 1, 3), valid_to=date(2010, 1, 4))
    lake.append_instruments("sample", [first], recorded_at=RECORDED)
    client = client_of(make_api(Settings(home=tmp_path), clock=lambda: now))
    found, token = [], ""
    while token is not None:
        page = (await client.get(f"/v1/symbols?q=AAPL&limit=1{token}")).json()
        found += [(one["symbol"], one["valid_from"]) for one in page["data"]]
        token = page["next_page_token"] and f"&page_token={page['next_page_token']}"
    assert found == [("AAPL", "2000-01-03"), ("AAPL", "2016-01-04")]


async def test_the_calendar_knows_holidays_and_early_closes(client):
    answer = await client.get("/v1/calendar?exchange=XNYS&start=2025-11-26&end=2025-11-30")
    assert answer.json()["data"] == [
        {
            "session": "2025-11-26",
            "open": "2025-11-26T14:30:00Z",
            "close": "2025-11-26T21:00:00Z",
            "early_close": False,
            "break_start": None,
            "break_end": None,
        },
        {
            "session": "2025-11-28",
            "open": "2025-11-28T14:30:00Z",
            "close": "2025-11-28T18:00:00Z",
            "early_close": True,
            "break_start": None,
            "break_end": None,
        },
    ]


# Hours in UTC of a winter's day: open, close, lunch break.
HOURS = {
    "XNYS": ("2025-01-07", "14:30", "21:00", None),
    "XNAS": ("2025-01-07", "14:30", "21:00", None),
    "XLON": ("2025-01-07", "08:00", "16:30", None),
    "XETR": ("2025-01-07", "08:00", "16:30", None),
    "XTKS": ("2025-01-07", "00:00", "06:30", ("02:30", "03:30")),
    "XHKG": ("2025-01-07", "01:30", "08:00", ("04:00", "05:00")),
    "CMES": ("2025-01-07", "23:00", "22:00", None),
    "24/7": ("2025-01-07", "00:00", "00:00", None),
}


def test_every_calendar_of_the_library_is_offered():
    assert set(get_args(Exchange)) == set(CALENDARS) == set(HOURS)


@pytest.mark.parametrize("exchange", HOURS)
async def test_an_exchange_trades_in_its_own_hours(client, exchange):
    day, opens, closes, lunch = HOURS[exchange]
    query = {"exchange": exchange, "start": day, "end": day}
    (found,) = (await client.get("/v1/calendar", params=query)).json()["data"]
    start, end = lunch or (None, None)
    assert (found["session"], found["open"][11:16], found["close"][11:16]) == (day, opens, closes)
    assert (found["break_start"] or "")[11:16] == (start or "")
    assert (found["break_end"] or "")[11:16] == (end or "")


async def test_a_session_keeps_its_date_where_it_opens_the_evening_before(client):
    query = "exchange=CMES&start=2025-01-07&end=2025-01-07"
    (found,) = (await client.get(f"/v1/calendar?{query}")).json()["data"]
    assert found["open"] == "2025-01-06T23:00:00Z"
    assert found["close"] == "2025-01-07T22:00:00Z"


async def test_a_half_day_in_hong_kong_closes_at_lunch(client):
    query = "exchange=XHKG&start=2024-12-24&end=2024-12-27"
    found = (await client.get(f"/v1/calendar?{query}")).json()["data"]
    assert [one["session"] for one in found] == ["2024-12-24", "2024-12-27"]
    assert found[0]["early_close"]
    assert (found[0]["close"], found[0]["break_start"]) == ("2024-12-24T04:00:00Z", None)
    assert found[1]["break_start"] == "2024-12-27T04:00:00Z"


async def test_an_unknown_exchange_is_told_which_there_are(client, problem):
    answer = await client.get("/v1/calendar?exchange=NYSE&start=2025-01-02&end=2025-01-02")
    (fault,) = problem(answer, 422, "invalid").errors
    assert all(f"'{name}'" in fault["msg"] for name in CALENDARS)


async def test_days_that_a_calendar_does_not_know_are_named(client, problem):
    answer = await client.get("/v1/calendar?exchange=XTKS&start=1996-01-01&end=1997-02-01")
    (fault,) = problem(answer, 422, "invalid").errors
    assert fault["loc"] == "query.start"
    assert fault["msg"] == "XTKS: expected days from 1997-01-06 to 2039-12-30"


async def test_the_document_lists_the_calendars(api_settings, client_of):
    document = (await client_of(make_api(api_settings)).get("/openapi.json")).json()
    query = document["paths"]["/v1/calendar"]["get"]["parameters"]
    (exchange,) = [one for one in query if one["name"] == "exchange"]
    assert set(exchange["schema"]["enum"]) == set(CALENDARS)
    session = document["components"]["schemas"]["SessionOut"]
    assert {"break_start", "break_end"} <= set(session["required"])


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
        "/v1/calendar?exchange=xnys&start=2025-01-01&end=2025-01-02",
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
        ("/v1/trials", "backtests:read"),
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


@pytest.mark.parametrize("path", ["/v1/backtests", "/v1/backtests/01H-x", "/v1/trials"])
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
        ("/v1/trials?limit=201", 422, "invalid"),
        ("/v1/trials?family=No%20name", 422, "invalid"),
        ("/v1/trials?family=a&family=b", 422, "invalid"),
        ("/v1/trials?strategy=sma-cross", 422, "invalid"),
        ("/v1/trials?page_token=e30", 422, "invalid"),
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
        "/v1/backtests/{id}/tearsheet",
        "/v1/trials",
        "/v1/jobs",
        "/v1/jobs/{id}",
        "/v1/jobs/{id}/logs",
        "/v1/jobs/{id}/artifacts",
        "/v1/jobs/{id}/artifacts/{name}",
        "/v1/jobs/{id}:retry",
        "/v1/stream/jobs/{id}",
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
