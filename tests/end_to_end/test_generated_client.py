"""A client generated from the platform's own document calls every operation."""

from datetime import date
from importlib import import_module

import attrs
import pytest

from tests.generated import NAME, generate

pytestmark = [pytest.mark.platform, pytest.mark.long]


@pytest.fixture(scope="module")
def client(platform, token, tmp_path_factory):
    import httpx

    answer = httpx.get(f"{platform.api_url}/openapi.json", trust_env=False)
    made, warnings = generate(answer.content, tmp_path_factory.mktemp("client"))
    assert not warnings
    bearer = token()["Authorization"].removeprefix("Bearer ")
    client = made.AuthenticatedClient(
        platform.api_url,
        token=bearer,
        raise_on_unexpected_status=True,
        timeout=httpx.Timeout(60.0),
        httpx_args={"trust_env": False},
    )
    yield client
    client.get_httpx_client().close()


@pytest.fixture(scope="module")
def call(client):
    """`call("jobs.job", id=…)` is what that operation answers; it answers well, as declared."""
    called = set()

    def ask(operation, **arguments):
        called.add(operation)
        module = import_module(f"{NAME}.api.{operation}")
        answer = module.sync_detailed(client=client, **arguments)
        assert answer.status_code < 300, answer.content
        assert undeclared(answer.parsed) == []
        return getattr(answer.parsed, "data", answer.parsed)

    ask.called = called
    return ask


def undeclared(parsed):
    """The fields that came and that the document does not have."""
    if isinstance(parsed, list):
        return [name for one in parsed for name in undeclared(one)]
    if not attrs.has(type(parsed)):
        return []
    inner = [getattr(parsed, field.name) for field in attrs.fields(type(parsed))]
    declared = [name for one in inner for name in undeclared(one)]
    # Of a mapping every key is one more.
    names = [field.name for field in attrs.fields(type(parsed))]
    more = (
        {} if names == ["additional_properties"] else getattr(parsed, "additional_properties", {})
    )
    return declared + [f"{type(parsed).__name__}.{name}" for name in more]


def models():
    return import_module(f"{NAME}.models")


def test_every_operation_is_called_by_the_generated_client_and_answers_as_declared(call, api):
    assert call("health.is_ok").status == "ok"
    assert call("health.is_ready").status == "ready"
    assert call("quotes.quote", symbol="SYN001").symbol == "SYN001"
    quotes = call("quotes.latest", symbols=["SYN002", "SYN001"])
    assert [one.symbol for one in quotes] == ["SYN002", "SYN001"]
    bars = call("bars.bars", symbols=["SYN001", "SYN002"], limit=3)
    assert len(bars) == 3
    span = {"start": date(2021, 11, 22), "end": date(2021, 11, 26)}
    assert len(call("calendar.calendar", **span)) == 4
    assert len(call("symbols.symbols", q="syn", limit=5)) == 5
    found = call("analysis.indicators", symbol="AAPL", names=["sma:20", "rsi:14"], limit=2)
    assert found.indicators == ["sma:20", "rsi:14"]
    assert call("analysis.statistics", symbol="AAPL").symbol == "AAPL"
    body = models().PredictionRequest(symbols=["AAPL", "SYN001"], horizon=5)
    assert [one.symbol for one in call("predictions.predict", body=body)] == ["AAPL", "SYN001"]
    names = {one.name for one in call("models.models")}
    assert "volatility-regime" in names
    assert call("models.versions", name="volatility-regime")
    run = next(run for run in call("backtests.backtests") if run.state == "done")
    assert call("backtests.backtest", id=run.id).id == run.id
    assert "<title>" in call("backtests.backtest_tearsheet", id=run.id)
    assert call("trials.trials", limit=1)
    tried = models().TrialRequest(
        family="generated", strategy="calm", source_hash="a" * 64, universe="own",
        parameters=models().TrialRequestParameters(), costs=models().TrialRequestCosts(),
        start=date(2024, 1, 2), data_hash="d" * 64, run_id="py-1", sessions_per_year=252,
        sessions=[date(2024, 1, 3), date(2024, 1, 4)], returns=[0.01, -0.02],
    )  # fmt: skip
    assert call("trials.enter", body=tried).family == "generated"
    _jobs(call)
    operations = {
        f"{told['tags'][0]}.{told['operationId']}"
        for path in api.get("/openapi.json").json()["paths"].values()
        for told in path.values()
    }
    assert call.called == operations


def _jobs(call):
    request = models().IngestRequest(dataset="sample")
    body = models().IngestJob(kind="ingest", request=request)
    done = call("jobs.submit", body=body, idempotency_key="generated").id
    call("stream.follow", id=done)
    assert call("jobs.job", id=done).state == "succeeded"
    ended = [models().JobsStateItem(state) for state in ("succeeded", "failed")]
    assert done in [one.id for one in call("jobs.jobs", state=ended)]
    assert "sample" in call("jobs.logs", id=done)
    assert "log.txt" in [one.name for one in call("jobs.artifacts", id=done)]
    assert call("jobs.artifact", id=done, name="log.txt").payload.read()
    other = call("jobs.submit", body=models().IngestJob(kind="ingest", request=request)).id
    call("jobs.cancel", id=other)
    call("stream.follow", id=other)
    assert call("jobs.retry", id=other).id == other
    call("stream.follow", id=other)
    assert call("jobs.job", id=other).attempts
