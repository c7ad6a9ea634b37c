import asyncio
import io
import json
from datetime import UTC, datetime

from deployments.edge.telemetry import Observation, Telemetry


class Meter:
    def __init__(self):
        self.counts, self.durations = [], []

    def requests(self, count, *, method, endpoint, status):
        self.counts.append((count, method, endpoint, status))

    def duration(self, seconds, *, method, endpoint):
        self.durations.append((seconds, method, endpoint))


def _one(status=200, user="ada"):
    return Observation("GET", "/v1/bars", status, 0.0125, "id-1", user)


async def test_a_batch_becomes_one_line_a_request_and_counted_metrics():
    meter, log = Meter(), io.BytesIO()
    at = datetime(2026, 1, 5, tzinfo=UTC)
    telemetry = Telemetry(meter=meter, log=log, service="edge", clock=lambda: at)
    for status in (200, 200, 503):
        telemetry(_one(status))
    telemetry.flush()
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["level"] for line in lines] == ["info", "info", "warning"]
    assert lines[0] == {
        "timestamp": "2026-01-05T00:00:00Z",
        "level": "info",
        "service": "edge",
        "correlation_id": "id-1",
        "user_id": "ada",
        "message": "request",
        "metadata": {"method": "GET", "endpoint": "/v1/bars", "status": 200, "duration_ms": 12.5},
    }
    assert meter.counts == [(2, "GET", "/v1/bars", 200), (1, "GET", "/v1/bars", 503)]
    assert len(meter.durations) == 3


async def test_a_request_is_written_within_the_period_without_another_one(monkeypatch):
    monkeypatch.setattr("deployments.edge.telemetry._PERIOD_S", 0.0)
    written = asyncio.Event()

    class Log(io.BytesIO):
        def flush(self):
            written.set()

    Telemetry(meter=Meter(), log=Log(), service="edge")(_one())
    await asyncio.wait_for(written.wait(), timeout=5)
