"""What `ray up` runs on a node: hand over its environment, then let systemd start Ray.

The image brings the units and scripts of `infra/node/` to `/opt/trii/node`.
"""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cluster.fleet.planning.cost import cost
from cluster.fleet.planning.node_types import HEAD, node_types, opening_nodes
from cluster.fleet.source import secrets
from cluster.fleet.source.cluster import ClusterSource
from cluster.fleet.source.ground import Ground
from cluster.runtime_env import (
    RayNetwork,
    as_environment,
    gcs_at,
    gcs_away,
    gcs_in,
    node_variables,
    static_variables,
)

NODE_SCRIPTS: Final = Path("/opt/trii/node")
SECRETS: Final = Path("/run/trii/secrets")
RUNTIME: Final = Path("/run/trii/ray")
GCS_VOLUME: Final = Path("/var/lib/trii-gcs")
STATE: Final = Path("/var/lib/trii")
RAY_PORT: Final = 6379
# Ray's and Serve's ports, the same on every node. All lie outside of the range from which Linux gives
# ports to clients, or are kept out of it by the image (`infra/node/90-trii.conf`).
NETWORK: Final = RayNetwork(
    files=RUNTIME,
    haproxy_binary=NODE_SCRIPTS / "haproxy",
    haproxy_metrics=9101,
    haproxy_stats=8404,
    fallback_http=8500,
    fallback_grpc=9500,
    replica_http=range(30_000, 31_000),
    replica_grpc=range(40_000, 41_000),
    autoscaler_metrics=44_217,
    dashboard_metrics=44_227,
)


def head_commands(source: ClusterSource, ground: Ground) -> list[str]:
    """The head's: what every node has, where its state lies, and what it may buy."""
    own = {
        **_state(source, ground),
        # The launcher says so to the command that it runs, and the unit does not hear it.
        "RAY_enable_autoscaler_v2": "1",
        "TRII_NODE_IP": str(ground.head.private_ip),
        # What `ray up` hands over, and what holds at each moment: `start-ray` copies the one to the
        # first place, and the unit `trii-steering` writes the other.
        "TRII_CLUSTER_FILE": "/etc/trii/cluster.yaml",
        "TRII_AUTOSCALING_CONFIG": str(STATE / "steered.yaml"),
        "TRII_OPENING": _opening(source, ground),
    }
    return _commands("head", every_node(source, ground) | own)


def node_commands(source: ClusterSource, ground: Ground) -> list[str]:
    """A worker's, of whatever pool: resources and labels come from the launcher."""
    return _commands("node", every_node(source, ground))


def every_node(source: ClusterSource, ground: Ground) -> dict[str, str]:
    """The environment of Ray on every node, whichever pool it is of."""
    encrypted = {
        "RAY_USE_TLS": "1",
        "RAY_TLS_SERVER_CERT": str(SECRETS / "ray_tls.crt"),
        "RAY_TLS_SERVER_KEY": str(SECRETS / "ray_tls.key"),
        "RAY_TLS_CA_CERT": str(SECRETS / "ray_ca.crt"),
    }
    return {
        **as_environment(static_variables()),
        **as_environment(node_variables(NETWORK)),
        **as_environment((gcs_away(source.reconnect_s),)),
        "RAY_AUTH_TOKEN_PATH": str(SECRETS / "trii_ray_auth_token"),
        **(encrypted if source.tls else {}),
        "NUMBA_CACHE_DIR": str(STATE / "numba"),
        # Clients of S3 ask no machine where they are.
        "AWS_REGION": ground.region,
        "AWS_DEFAULT_REGION": ground.region,
        "TRII_S3_REGION": ground.region,
        "TRII_HOME": str(STATE),
        "TRII_CLUSTER_ID": source.name,
        "TRII_RAY_HOST": str(ground.head.private_ip),
        "TRII_RAY_PORT": str(RAY_PORT),
        # The load balancer comes to the proxy of whichever node.
        "TRII_LISTEN_HOST": "0.0.0.0",  # noqa: S104
        "TRII_HEAD_ADDRESS": f"{ground.head.private_ip}:{RAY_PORT}",
        "TRII_POOLS": json.dumps(list(source.pools)),
        "TRII_POOLS_THAT_GROW": json.dumps(
            [name for name, pool in source.pools.items() if pool.max_nodes > pool.min_nodes]
        ),
        **_opening_replicas(source),
        **_budget(source, ground),
        **ground.settings,
        **{f"TRII_SECRET_{name.upper()}": arn for name, arn in sorted(ground.secrets.items())},
        **{
            secrets.variable(role): " ".join(secrets.needed(role, ground.secrets)).upper()
            for role in secrets.NEEDED
        },
    }


def _state(source: ClusterSource, ground: Ground) -> dict[str, str]:
    """Where the GCS keeps what it knows, and what the head makes sure of before Ray starts."""
    if redis := ground.head.redis:
        return dict(as_environment(gcs_at(redis.address, f"{source.name}-{redis.life}")))
    return {
        **as_environment(gcs_in(GCS_VOLUME / "gcs")),
        "TRII_GCS_VOLUME": str(ground.head.volume),
        "TRII_GCS_MARKER": source.name,
    }


def _opening(source: ClusterSource, ground: Ground) -> str:
    nodes = opening_nodes(source, list(ground.subnets))
    if source.opening is None or not nodes:
        return ""
    return json.dumps(source.opening.model_dump(exclude={"replicas"}) | {"nodes": nodes})


def _opening_replicas(source: ClusterSource) -> dict[str, str]:
    if source.opening is None or not source.opening.replicas:
        return {}
    return {"TRII_OPENING_REPLICAS": source.opening.model_dump_json(exclude={"nodes"})}


def _budget(source: ClusterSource, ground: Ground) -> dict[str, str]:
    """What the queue reckons with. Raises BadInput for a budget where machines have no price."""
    if source.budget_usd_per_day is None:
        return {}
    rates: dict[str, list[dict[str, float]]] = {name: [] for name in source.pools}
    types = node_types(source, list(ground.subnets))
    for line in cost(source, types, ground.region).lines:
        if line.node_type == HEAD:
            continue
        kind = types[line.node_type].machine
        rate = {
            "usd_per_hour": line.usd_per_hour,
            "cpus": kind.vcpus,
            "gpus": kind.gpus,
            "memory_bytes": kind.memory_for_work,
        }
        # A type for each zone is one machine with one price.
        if rate not in rates[line.pool]:
            rates[line.pool].append(rate)
    return {
        "TRII_BUDGET_USD_PER_DAY": f"{source.budget_usd_per_day:g}",
        "TRII_POOL_RATES": json.dumps(rates),
    }


def _commands(role: str, environment: Mapping[str, str]) -> list[str]:
    """One command that may run any number of times.

    Ray hands a node's resources, labels and identity over in the environment of each command; the
    script passes on what the unit needs of it. Ray puts parentheses around a command: one that ended
    with the word that ends its document would never end.
    """
    lines = "\n".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
    return [
        "sudo install -d -m 0755 /etc/trii && "
        f"sudo tee /etc/trii/ray.env > /dev/null <<'ENV' &&\n{lines}\nENV\n"
        f"{NODE_SCRIPTS}/start-ray {role}"
    ]
