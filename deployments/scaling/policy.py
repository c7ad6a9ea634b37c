"""Serve's policy of a deployment that keeps a latency: Prometheus tells it, its absence holds all.

Serve's controller runs it, on each of its turns, and must never wait: a thread of the mixin asks.
"""

import math
from typing import Any, Final

from ray.serve.autoscaling_policy import PrometheusQueryMixin
from ray.serve.config import AutoscalingContext

from deployments.scaling.decision import WINDOW_S, replicas

_SERIES: Final = "ray_serve_deployment_processing_latency_ms"


class KeepsLatency(PrometheusQueryMixin):
    """As many replicas as keep the 95th percentile of one deployment's answers below a goal."""

    def __init__(
        self, *, url: str, application: str, deployment: str, p95_ms: float, fetch_interval_s: float
    ) -> None:
        of = f'{{application="{application}",deployment="{deployment}"}}[{WINDOW_S}s]'
        self._requests = f"sum(rate({_SERIES}_count{of}))"
        self._p95 = f"histogram_quantile(0.95, sum by (le) (rate({_SERIES}_bucket{of})))"
        self._goal = p95_ms
        super().__init__(
            prometheus_address=url,
            prometheus_queries=[self._requests, self._p95],
            fetch_interval_s=fetch_interval_s,
        )

    def __call__(self, context: AutoscalingContext) -> tuple[int, dict[str, Any]]:
        """Replicas that are wanted; delays and bounds are Serve's own."""
        current = context.target_num_replicas
        # What is measured is not yet of the replicas that were asked for last.
        coming = context.current_num_replicas < current
        wanted = replicas(
            None if coming else self._seen(),
            goal=self._goal,
            current=current,
            least=context.capacity_adjusted_min_replicas,
            most=context.capacity_adjusted_max_replicas,
        )
        return wanted, {}

    def _seen(self) -> float | None:
        """The 95th percentile; 0 where nobody asked anything, None where Prometheus does not tell."""
        told = self.prometheus_metrics or {}
        requests, p95 = told.get(self._requests), told.get(self._p95)
        if requests is None or math.isnan(requests):
            return None
        if requests == 0:
            return 0.0
        return None if p95 is None or math.isnan(p95) else p95
