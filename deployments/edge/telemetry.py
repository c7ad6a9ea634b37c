"""What was answered: one line of access log and two metrics a request, written in batches.

A request only appends to a list. Once a second the list becomes log lines in one write (health
checks that succeed have none), and metrics; the last second's lines are lost where the process is killed.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final, Protocol, Self

import orjson

from cluster.clock import Clock, utc_now
from deployments.http.context import RequestContext

# A client may invent any word as a method, and each label is a time series that is kept.
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PERIOD_S: Final = 1.0
# Asked every few seconds, by every server that may send somebody here: counted, and logged where
# they fail.
HEALTH: Final = frozenset({"/healthz", "/readyz", "/-/healthz", "/-/routes"})


@dataclass(frozen=True, slots=True)
class Observation:
    """One answered request. `endpoint` is the route's template, so labels stay few."""

    method: str
    endpoint: str
    status: int
    duration_s: float
    request_id: str
    user_id: str | None

    @classmethod
    def of(cls, method: str, context: RequestContext, status: int, duration_s: float) -> Self:
        """What is kept of a request; a method nobody knows becomes OTHER."""
        return cls(
            method if method in _METHODS else "OTHER",
            context.endpoint or "unmatched",
            status,
            duration_s,
            context.request_id,
            context.identity.subject if context.identity else None,
        )


Observe = Callable[[Observation], None]


class Meter(Protocol):
    """Where the two metrics go; `count` observations share the labels."""

    def requests(self, count: int, *, method: str, endpoint: str, status: int) -> None:
        """Add to the number of answered requests."""

    def duration(self, seconds: float, *, method: str, endpoint: str) -> None:
        """Add one duration."""


class Telemetry:
    """Collects observations on one event loop and writes them once a period."""

    def __init__(
        self, *, meter: Meter, log: BinaryIO, service: str, clock: Clock = utc_now
    ) -> None:
        self._meter = meter
        self._log = log
        self._service = service
        self._clock = clock
        self._pending: list[tuple[datetime, Observation]] = []

    def __call__(self, observation: Observation) -> None:
        # One timer a batch, set by its first: where nobody asks, nothing wakes up.
        if not self._pending:
            asyncio.get_running_loop().call_later(_PERIOD_S, self.flush)
        self._pending.append((self._clock(), observation))

    def flush(self) -> None:
        """Write what was collected."""
        # Swapped before anything is written: what is observed meanwhile belongs to the next batch.
        pending, self._pending = self._pending, []
        told = [(at, one) for at, one in pending if one.endpoint not in HEALTH or one.status >= 400]
        self._log.write(b"".join(_line(self._service, at, one) for at, one in told))
        self._log.flush()
        _measure(self._meter, [observation for _, observation in pending])


def _line(service: str, at: datetime, observation: Observation) -> bytes:
    """The access line, in the shape of all our logs."""
    document = {
        "timestamp": at,
        "level": "warning" if observation.status >= 500 else "info",
        "service": service,
        "correlation_id": observation.request_id,
        "user_id": observation.user_id,
        "message": "request",
        "metadata": {
            "method": observation.method,
            "endpoint": observation.endpoint,
            "status": observation.status,
            "duration_ms": round(observation.duration_s * 1000, 3),
        },
    }
    return orjson.dumps(document, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def _measure(meter: Meter, observations: Sequence[Observation]) -> None:
    # Ray's counter takes a lock and a copy of its labels at each call: one call for equal labels.
    counts: Iterable[tuple[tuple[str, str, int], int]] = Counter(
        (observation.method, observation.endpoint, observation.status)
        for observation in observations
    ).items()
    for (method, endpoint, status), count in counts:
        meter.requests(count, method=method, endpoint=endpoint, status=status)
    # Ray's histogram takes one observation at a time.
    for observation in observations:
        meter.duration(
            observation.duration_s, method=observation.method, endpoint=observation.endpoint
        )
