"""The toolkit's promises, seen through a small application."""

from typing import Annotated

import httpx
import pytest
from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from cluster.errors import Forbidden, NotFound, Overloaded, StoreError, UnknownSymbol
from deployments.http.app import FullPaths, make_app
from deployments.http.envelope import envelope
from deployments.http.fields import Day, Digits, Instant, Symbol, SymbolList
from deployments.http.identity import require
from deployments.http.params import Params, params
from deployments.http.route import make_router
from market.errors import BadParameter


class Query(Params):
    symbol: Symbol
    symbols: SymbolList = Field(default=["SYN001"])
    limit: Digits = 10
    start: Instant | None = None
    day: Day | None = None


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    horizon: int
    weight: float = 0.0
    note: str = ""


ERRORS = {
    "near": UnknownSymbol("no instrument has the symbol SYN01", near=["SYN001"]),
    "full": Overloaded("try again", retry_after_s=3),
    "store": StoreError("connection to 10.0.0.7 refused"),
    "scope": Forbidden("the token lacks the scope x"),
    "market": BadParameter("sma window=0: expected 1 to 500", parameter="window"),
    "bug": RuntimeError("secret"),
    "none": NotFound("no such thing"),
}


@pytest.fixture
def app():
    router = make_router()

    @router.get("/v1/things/{symbol}", dependencies=[Depends(require("quotes:read"))])
    async def thing(request: Request, q: Annotated[Query, Depends(params(Query))]):
        return envelope(request, q.model_dump())

    @router.post("/v1/things", dependencies=[Depends(require("backtests:read"))])
    async def make(request: Request, body: Body):
        return envelope(request, body.model_dump())

    @router.get("/v1/errors/{name}")
    async def fail(name: str):
        raise ERRORS[name]

    return FullPaths(make_app("test", router))


@pytest.fixture
def client(client_of, app):
    return client_of(app)


async def test_good_parameters_become_values(client):
    query = "symbols=A,B,A&limit=5&start=2026-01-02T10:00:00-05:00&day=2026-01-02"
    answer = await client.get(f"/v1/things/SYN001?{query}")
    assert answer.json() == {
        "data": {
            "symbol": "SYN001",
            "symbols": ["A", "B"],
            "limit": 5,
            "start": "2026-01-02T15:00:00Z",
            "day": "2026-01-02",
        },
        "next_page_token": None,
        "request_id": answer.headers["x-request-id"],
    }


async def test_every_fault_is_listed_at_once(client, problem):
    query = "limti=3&limit=1_0&limit=2&start=yesterday&day=2026-02-30&symbols=_"
    found = problem(await client.get(f"/v1/things/-?{query}"), 422, "invalid")
    assert {(e["loc"], e["type"]) for e in found.errors} == {
        ("path.symbol", "pattern"),
        ("query.symbols.0", "pattern"),
        ("query.limti", "extra_forbidden"),
        ("query.limit", "repeated"),
        ("query.limit", "digits"),
        ("query.start", "time_format"),
        ("query.day", "date_from_datetime_parsing"),
    }


@pytest.mark.parametrize(
    "query",
    [
        *(
            f"limit={bad}"
            for bad in ["1_0", "+5", "1.0", "-1", "", "%D9%A3", "9" * 10, "1e3", "NaN"]
        ),
        *(f"start={bad}" for bad in ["1700000000", "2026-01-01T00:00:00", "0001-01-01", "x"]),
        *(f"start={bad}" for bad in ["2026-13-01", "9999-12-31", "2026-01-01T25:00:00Z"]),
        *(f"day={bad}" for bad in ["1", "20260101", "2026-01-01T00:00:00Z", "0000-00-00"]),
        *(f"symbols={bad}" for bad in ["", ",", "A,,B", "A%00", "A%0A", "%ED%A0%80", "A" * 25]),
        "symbols=" + ",".join(f"A{n}" for n in range(101)),
        "symbol=OTHER",
        "nope=1",
        "=",
        "limit=1;limit=2",
    ],
)
async def test_a_near_miss_is_refused(client, problem, query):
    answer = await client.get(f"/v1/things/SYN001?{query}")
    assert problem(answer, 422, "invalid").errors


@pytest.mark.parametrize(
    "symbol",
    [
        "%C3%9F",
        "A%00",
        "A%0D%0Aset-cookie:x",
        "%FF",
        "%ED%A0%80",
        "A" * 25,
        "-A",
        "mine:",
        "Mine:AAPL",
        "a:b:C",
        "A%0A",
    ],
)
async def test_a_symbol_of_another_shape_is_refused(client, problem, symbol):
    answer = await client.get(f"/v1/things/{symbol}")
    assert problem(answer, 422, "invalid").errors[0]["loc"] == "path.symbol"
    assert answer.text.isascii()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"horizon": true}', 422, "invalid"),
        (b'{"horizon": 1.0}', 422, "invalid"),
        (b'{"horizon": "1"}', 422, "invalid"),
        (b'{"horizon": 1, "weight": "1"}', 422, "invalid"),
        (b'{"horizon": 1, "weight": 1e999}', 400, "bad_request"),
        (b'{"horizon": 1, "note": "\\ud800"}', 400, "bad_request"),
        (b'{"horizon": 1, "\\ud800": 2}', 400, "bad_request"),
        (b'{"horizon": 1, "more": 2}', 422, "invalid"),
        (b"[]", 422, "invalid"),
        (b"null", 422, "invalid"),
        (b"", 422, "invalid"),
        (b'{"horizon": NaN}', 400, "bad_request"),
        (b'{"horizon": -Infinity}', 400, "bad_request"),
        (b'{"horizon": 1, "horizon": 2}', 400, "bad_request"),
        (b'{"horizon": ' + b"9" * 5000 + b"}", 400, "bad_request"),
        (b"[" * 100_000, 400, "bad_request"),
        (b'{"horizon": 1', 400, "bad_request"),
        (b'{"note": "\xff\xfe"}', 400, "bad_request"),
    ],
)
async def test_a_hostile_body_is_a_fault_of_the_caller(client, problem, body, status, code):
    headers = {"content-type": "application/json"}
    answer = await client.post("/v1/things", content=body, headers=headers)
    problem(answer, status, code)
    assert answer.text.isascii()


@pytest.mark.parametrize("media", [None, "text/plain", "application/x-www-form-urlencoded", "json"])
async def test_a_body_of_another_type_is_refused_without_repeating_it(client, problem, media):
    headers = {"content-type": media} if media else {}
    answer = await client.post("/v1/things", content=b"hunter2", headers=headers)
    found = problem(answer, 415, "unsupported_media_type")
    assert found.detail == "expected the header Content-Type: application/json"
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("media", ["application/json; charset=utf-8", "Application/JSON"])
async def test_a_json_body_is_taken_however_its_type_is_written(client, media):
    headers = {"content-type": media}
    answer = await client.post("/v1/things", content=b'{"horizon": 1}', headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("query", ["symbols=A,B,A", "symbols=A&symbols=B&symbols=A"])
async def test_a_list_is_taken_with_commas_or_repeated_as_clients_write_it(client, query):
    answer = await client.get(f"/v1/things/SYN001?{query}")
    assert answer.json()["data"]["symbols"] == ["A", "B"]


async def test_a_route_without_parameters_takes_none(client, problem):
    answer = await client.post("/v1/things?dry=1", json={"horizon": 1})
    assert problem(answer, 422, "invalid").errors[0]["loc"] == "query.dry"


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("near", 404, "unknown_symbol"),
        ("full", 503, "overloaded"),
        ("store", 500, "internal"),
        ("scope", 403, "forbidden"),
        ("market", 422, "invalid"),
        ("bug", 500, "internal"),
        ("none", 404, "not_found"),
    ],
)
async def test_each_error_has_its_problem(client, problem, name, status, code):
    answer = await client.get(f"/v1/errors/{name}")
    found = problem(answer, status, code)
    assert "10.0.0.7" not in answer.text
    assert "secret" not in answer.text
    if name == "near":
        assert found.near == ["SYN001"]
    if name == "full":
        assert answer.headers["retry-after"] == "3"
    if name == "market":
        assert found.errors[0]["loc"] == "query.window"


async def test_a_token_without_the_scope_is_refused_before_its_input_is_read(
    client_of, app, problem
):
    answer = await client_of(app, role="analyst").post("/v1/things", content=b"nonsense")
    assert problem(answer, 403, "forbidden").detail == (
        "the token lacks the scope backtests:read: the role scientist has it "
        "(`trii token --role scientist`)"
    )


async def test_without_an_edge_nobody_has_an_identity(app, problem):
    headers = {"x-trii-user": "admin", "authorization": "Bearer x"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://trii") as client:
        answer = await client.get("/v1/things/SYN001", headers=headers)
    assert answer.status_code == 401


async def test_serves_prefix_in_the_scope_does_not_hide_the_route(app, behind_edge, make_token):
    """Serve sets root_path to the application's prefix."""
    transport = httpx.ASGITransport(behind_edge(app), root_path="/v1/things")
    headers = {"authorization": f"Bearer {make_token()}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://trii", headers=headers
    ) as client:
        assert (await client.get("/v1/things/SYN001")).status_code == 200


async def test_the_metrics_see_templates_and_not_paths(client, observed):
    await client.get("/v1/things/SYN001")
    await client.get("/v1/things/SYN001/nothing")
    assert [one.endpoint for one in observed] == ["/v1/things/{symbol}", "unmatched"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/no", 404), ("PUT", "/v1/things", 405)]
)
async def test_frameworks_errors_are_problems_too(client, problem, method, path, status):
    code = {404: "not_found", 405: "method_not_allowed"}[status]
    problem(await client.request(method, path), status, code)


def test_a_scope_that_does_not_exist_is_refused_when_the_route_is_made():
    with pytest.raises(ValueError, match=r"scope='quotes:raed': expected one of .*quotes:read"):
        require("quotes:raed")


@pytest.mark.parametrize("symbol", ["aapl", "%20AAPL%20", "Aapl"])
async def test_a_symbol_is_trimmed_and_written_in_capitals(client, symbol):
    answer = await client.get(f"/v1/things/{symbol}?symbols={symbol},mine:{symbol.strip('%20')}")
    data = answer.json()["data"]
    assert (data["symbol"], data["symbols"]) == ("AAPL", ["AAPL", "mine:AAPL"])


async def test_the_detail_is_the_first_fault_and_says_how_many_more_there_are(client, problem):
    one = problem(await client.get("/v1/things/SYN001?limit=x"), 422, "invalid")
    assert one.detail == "query.limit: expected a whole number of 1 to 9 digits"
    two = problem(await client.get("/v1/things/-?limit=x"), 422, "invalid")
    assert two.detail == (
        "path.symbol: expected a symbol: 1 to 24 capitals, digits and . - ^ =, the first of them no "
        ". - or =; or DATASET:SYMBOL (and 1 more, all in errors)"
    )
    body = problem(await client.post("/v1/things", json={"horizon": 1, "more": 2}), 422, "invalid")
    assert body.detail == "body.more: Extra inputs are not permitted"


@pytest.mark.parametrize(("path", "allow"), [("/v1/things", "POST"), ("/v1/things/A", "GET, HEAD")])
async def test_what_is_allowed_is_named_whole(client, path, allow):
    answer = await client.patch(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
