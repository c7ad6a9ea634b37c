"""The catalogue of metrics: one place for each name, its labels and its meaning."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """A name on the metrics page; durations are in seconds."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str
    buckets: tuple[float, ...] = ()


LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 10.0)

API_REQUESTS = Metric(
    "api_requests_total", "counter", ("method", "endpoint", "status"), "Requests answered"
)
API_REQUEST_DURATION = Metric(
    "api_request_duration_seconds",
    "histogram",
    ("method", "endpoint"),
    "Time from the request's arrival at the replica to the end of its answer",
    LATENCY_BUCKETS_S,
)
QUOTES_PUBLISHED = Metric(
    "quotes_published_total", "counter", ("source",), "Quotes that the live writer published"
)
CONTROL_LOOP_AGE = Metric(
    "control_loop_age_seconds", "gauge", ("loop",), "Since the loop's last turn that succeeded"
)
CONTROL_LOOP_FAILURES = Metric(
    "control_loop_failures_total", "counter", ("loop",), "Turns of the loop that failed"
)

CATALOGUE = (
    API_REQUESTS,
    API_REQUEST_DURATION,
    QUOTES_PUBLISHED,
    CONTROL_LOOP_AGE,
    CONTROL_LOOP_FAILURES,
)
