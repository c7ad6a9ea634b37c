"""What Ray Serve loads: `RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH=deployments.edge.hook:middlewares`.

Serve calls it in its proxies and in every replica that opens an HTTP port, as that port opens.
"""

import sys

from ray.util.metrics import Counter, Histogram
from starlette.middleware import Middleware

from cluster.metrics import API_REQUEST_DURATION, API_REQUESTS
from cluster.security.tokens import Verifier
from cluster.settings import load_settings
from deployments.edge.middleware import Edge, Limits
from deployments.edge.telemetry import Telemetry


class RayMeter:
    """The two metrics of the catalogue, exported by Ray's own metrics page."""

    def __init__(self) -> None:
        self._requests = Counter(
            API_REQUESTS.name, description=API_REQUESTS.help, tag_keys=API_REQUESTS.labels
        )
        self._durations = Histogram(
            API_REQUEST_DURATION.name,
            description=API_REQUEST_DURATION.help,
            boundaries=list(API_REQUEST_DURATION.buckets),
            tag_keys=API_REQUEST_DURATION.labels,
        )

    def requests(self, count: int, *, method: str, endpoint: str, status: int) -> None:
        """Add to `api_requests_total`."""
        labels = {"method": method, "endpoint": endpoint, "status": str(status)}
        self._requests.inc(count, tags=labels)

    def duration(self, seconds: float, *, method: str, endpoint: str) -> None:
        """Add one to `api_request_duration_seconds`."""
        self._durations.observe(seconds, tags={"method": method, "endpoint": endpoint})


def middlewares() -> list[Middleware]:
    """The edge, as Serve wants it. Raises ConfigError without the key that checks tokens.

    A process that cannot check tokens does not open its port: closed, not open, when in doubt.
    """
    settings = load_settings()
    # The same limit that Serve is given for requests without a deadline: a caller may shorten it
    # only.
    limits = Limits(
        settings.body_limit_bytes, settings.request_timeout_s, settings.bundle_limit_bytes
    )
    telemetry = Telemetry(meter=RayMeter(), log=sys.stderr.buffer, service="edge")
    verifier = Verifier.from_settings(settings)
    return [Middleware(Edge, verifier=verifier, limits=limits, observe=telemetry)]
