"""Every route of the API, asked over HTTP on the platform that `trii up` made."""

import pytest

pytestmark = pytest.mark.platform


def data(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def problem(answer, status, code):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


def test_a_synthetic_quote_is_live_and_says_that_it_is_synthetic(api):
    quote = data(api.get("/v1/quotes/SYN001"))
    assert quote["bid_price"] <= quote["ask_price"]
    assert quote["source"] == "synthetic"
    assert not quote["is_stale"]


def test_a_sample_quote_is_its_last_close_and_says_that_it_is_stale(api):
    quote = data(api.get("/v1/quotes/AAPL"))
    assert quote["is_stale"]
    assert quote["timestamp"].startswith("2022-12-28")


def test_closes_that_were_adjusted_afterwards_are_never_called_raw(api):
    query = {"symbols": "AAPL", "timeframe": "1Day", "limit": "1"}
    problem(api.get("/v1/bars", params=query | {"adjustment": "raw"}), 422, "invalid")
    assert data(api.get("/v1/bars", params=query | {"adjustment": "all"}))
    assert api.get("/v1/bars", params=query).json()["adjustment"] == {"AAPL": "all"}


def test_several_quotes_come_in_the_order_asked(api):
    quotes = data(api.get("/v1/quotes", params={"symbols": "SYN002,SYN001"}))
    assert [quote["symbol"] for quote in quotes] == ["SYN002", "SYN001"]


def test_pages_of_bars_join_to_the_whole_without_gap_or_repeat(api):
    query = {"symbols": "SYN001,SYN002", "timeframe": "1Day", "start": "2026-01-01T00:00:00Z"}
    query |= {"end": "2026-02-01T00:00:00Z"}
    whole = data(api.get("/v1/bars", params=query | {"limit": "1000"}))
    pages, page_token = [], None
    while True:
        more = {"page_token": page_token} if page_token else {}
        answer = api.get("/v1/bars", params=query | {"limit": "7"} | more)
        pages += data(answer)
        page_token = answer.json()["next_page_token"]
        if page_token is None:
            break
    assert pages == whole
    assert len(whole) == 62


def test_bars_come_as_csv_and_arrow_too(api):
    query = {"symbols": "SYN001", "timeframe": "1Day", "limit": "5"}
    csv = api.get("/v1/bars", params=query, headers={"Accept": "text/csv"})
    arrow = api.get(
        "/v1/bars", params=query, headers={"Accept": "application/vnd.apache.arrow.stream"}
    )
    assert len(csv.text.strip().splitlines()) == 6
    assert arrow.status_code == 200
    assert arrow.headers["content-type"] == "application/vnd.apache.arrow.stream"


def test_symbols_are_found_by_name(api):
    found = data(api.get("/v1/symbols", params={"q": "AAP"}))
    assert "AAPL" in [one["symbol"] for one in found]


def test_the_calendar_knows_a_holiday_and_an_early_close(api):
    query = {"exchange": "XNYS", "start": "2021-11-22", "end": "2021-11-26"}
    sessions = data(api.get("/v1/calendar", params=query))
    days = [one["session"] for one in sessions]
    assert days == ["2021-11-22", "2021-11-23", "2021-11-24", "2021-11-26"]
    assert sessions[-1]["close"].startswith("2021-11-26T18:00")


def test_indicators_are_aligned_with_their_bars(api):
    query = {"names": "sma:20,rsi:14", "timeframe": "1Day", "limit": "10"}
    found = data(api.get("/v1/analysis/AAPL/indicators", params=query))
    newest = {"symbols": "AAPL", "timeframe": "1Day", "sort": "desc", "limit": "10"}
    closes = data(api.get("/v1/bars", params=newest | {"adjustment": "all"}))
    assert [row["timestamp"] for row in found["rows"]] == [bar["timestamp"] for bar in closes[::-1]]
    assert all(0 <= row["values"]["rsi:14"] <= 100 for row in found["rows"])


def test_statistics_name_their_methods(api):
    figures = data(api.get("/v1/analysis/SYN001/statistics"))
    assert "sharpe" in str(figures)
    assert "method" in str(figures)


def test_a_return_prediction_has_an_interval_and_a_version(api):
    answer = api.post("/v1/predictions", json={"symbols": ["AAPL", "SYN001"], "horizon": 5})
    for one in data(answer):
        assert one["interval"]["lower"] < one["interval"]["upper"]
        assert one["model"]["version"]
    assert answer.headers["x-model-version"]


def test_a_regime_prediction_is_a_probability_without_interval(api):
    (one,) = data(api.post("/v1/predictions", json={"symbols": ["JPM"], "horizon": 21}))
    assert one["kind"] == "probability"
    assert 0 <= one["value"] <= 1
    assert one["interval"] is None


def test_the_registry_lists_models_and_versions(api):
    names = {one["name"] for one in data(api.get("/v1/models"))}
    assert {"volatility-regime", "return-quantiles"} <= names
    versions = data(api.get("/v1/models/volatility-regime/versions"))
    assert any("champion" in version["aliases"] for version in versions)


def test_the_first_backtest_is_there_with_its_figures(api):
    (newest, *_) = data(api.get("/v1/backtests"))
    run = data(api.get(f"/v1/backtests/{newest['id']}"))
    assert run["state"] == "done"
    assert {"total_return", "sharpe", "max_drawdown"} <= run["metrics"].keys()
    tried = data(api.get("/v1/trials", params={"family": run["request"]["family"]}))
    assert any(one["annual_sharpe"] == pytest.approx(run["metrics"]["sharpe"]) for one in tried)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/docs"])
def test_operations_routes_need_no_token(api, path):
    answer = api.get(path, headers={"Authorization": ""})
    assert answer.status_code == 200, answer.text


def test_the_openapi_document_lists_every_route(api):
    paths = api.get("/openapi.json").json()["paths"]
    assert {
        "/v1/quotes/{symbol}", "/v1/quotes", "/v1/bars", "/v1/symbols", "/v1/calendar",
        "/v1/analysis/{symbol}/indicators", "/v1/analysis/{symbol}/statistics",
        "/v1/predictions", "/v1/models", "/v1/models/{name}/versions",
        "/v1/backtests", "/v1/backtests/{id}", "/v1/trials",
    } <= paths.keys()  # fmt: skip


def test_an_unknown_symbol_is_named_with_near_ones(api):
    for answer in (
        api.get("/v1/quotes/AAPLE"),
        api.get("/v1/bars", params={"symbols": "AAPLE", "timeframe": "1Day"}),
        api.get("/v1/analysis/AAPLE/statistics"),
        api.post("/v1/predictions", json={"symbols": ["AAPLE"], "horizon": 5}),
    ):
        body = problem(answer, 404, "unknown_symbol")
        assert "AAPLE" in body["detail"]
        assert "AAPL" in body["near"]


def test_every_fault_of_a_request_is_listed_at_once(api):
    query = {"symbols": "SYN001", "timeframe": "2Day", "limit": "1_0", "colour": "red"}
    body = problem(api.get("/v1/bars", params=query), 422, "invalid")
    assert len(body["errors"]) == 3
    assert "1_0" not in str(body)


PROTECTED = [
    ("GET", "/v1/quotes/SYN001"),
    ("GET", "/v1/bars?symbols=SYN001&timeframe=1Day"),
    ("GET", "/v1/symbols"),
    ("GET", "/v1/calendar?exchange=XNYS"),
    ("GET", "/v1/analysis/SYN001/statistics"),
    ("POST", "/v1/predictions"),
    ("GET", "/v1/models"),
    ("GET", "/v1/backtests"),
    ("GET", "/v1/trials"),
    ("GET", "/v1/nothing"),
]


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_without_a_token_there_is_no_answer(api, method, path):
    problem(api.request(method, path, headers={"Authorization": ""}), 401, "unauthenticated")
    forged = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}
    problem(api.request(method, path, headers=forged), 401, "unauthenticated")


@pytest.mark.parametrize("path", ["/v1/models", "/v1/backtests", "/v1/trials"])
def test_a_viewer_may_not_see_what_is_the_scientists(api, token, path):
    problem(api.get(path, headers=token("viewer")), 403, "forbidden")


def test_an_unknown_path_is_a_problem(api):
    problem(api.get("/v1/nothing"), 404, "not_found")


HOSTILE_BODIES = [
    b'{"symbols": ["AAPL"], "horizon": NaN}',
    b'{"symbols": ["AAPL"], "horizon": true}',
    b'{"symbols": ["AAPL"], "horizon": 5.0}',
    b'{"symbols": ["AAPL"], "horizon": "5"}',
    b'{"symbols": ["\\ud800"], "horizon": 5}',
    b'{"symbols": [], "horizon": 5}',
    b'{"symbols": ["AAPL"], "horizon": 5, "\\ud800": 1}',
    b'{"symbols": ["AA\\r\\nPL"], "horizon": 5}',
    b"[" * 100_000,
    b"\xff\xfe",
    b"",
]


@pytest.mark.parametrize("body", HOSTILE_BODIES, ids=range(len(HOSTILE_BODIES)))
def test_a_hostile_body_is_refused_and_never_fails_inside(api, body):
    answer = api.post("/v1/predictions", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
