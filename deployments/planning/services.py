"""The deployments of `serve.yaml` as a simulation plays them."""

from collections.abc import Mapping
from typing import Final

from cluster.fleet.simulate.work import Service
from deployments.planning.demands import demands, deployments

# Requests a second that one replica answered, `docs/benchmarks.md`: two of each, 16 connections, on
# two cores that clients and proxy shared. A replica with its half core to itself answers no fewer.
ANSWERED: Final[Mapping[str, float]] = {
    "quotes/Quotes": 1700.0,
    "predictions/Predictions": 760.0,
}
_NO_END: Final = 1_000_000


def services(*, quotes_share: float = 0.9) -> list[Service]:
    """Every deployment; those that were measured follow the load, `quotes_share` of it to quotes.

    They follow without an upper bound: the question is what a load needs, and the pools say where
    it ends.
    """
    share = {"quotes/Quotes": quotes_share, "predictions/Predictions": 1.0 - quotes_share}
    found = []
    for demand, (_, deployment) in zip(demands(), deployments(), strict=True):
        scaling = deployment.get("autoscaling_config") or {}
        least = int(deployment.get("num_replicas") or scaling.get("min_replicas", 1))
        answered = ANSWERED.get(demand.name)
        if answered is None or not share[demand.name]:
            found.append(Service(demand, least, least))
        else:
            found.append(Service(demand, least, _NO_END, answered / share[demand.name]))
    return found
