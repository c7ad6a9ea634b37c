"""What is wrong with a cluster, by what was seen of it: pure, each rule a function."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from cluster.findings import Finding
from cluster.fleet import pools
from cluster.fleet.doctor.facts import ClusterFacts, Node, NodeFacts
from cluster.fleet.planning.demand import Demand
from cluster.fleet.render import ports

_CLOCK_S: Final = 1.0  # tokens, leases and as-of times are compared in seconds
_FILES: Final = {"gcs_server": 1_000_000, "raylet": 65_536}  # on a cluster, as its units set them
_FILES_ALONE: Final = 4_096  # a laptop's own limit, below which a few replicas run out


def judge(seen: ClusterFacts) -> list[Finding]:
    """Everything that is wrong, what concerns the whole cluster first."""
    return [finding for rule in RULES for finding in rule(seen)]


def _told(seen: ClusterFacts) -> Iterator[tuple[Node, NodeFacts]]:
    """The nodes that answered, each with what it told."""
    for node in seen.nodes:
        if node.facts is not None:
            yield node, node.facts


def _head(seen: ClusterFacts) -> Node | None:
    return next((node for node in seen.nodes if node.is_head), None)


def _silent(seen: ClusterFacts) -> Iterator[Finding]:
    for node in seen.nodes:
        if node.facts is None:
            yield Finding(
                "silent-node",
                f"{node.address} ({node.id[:12]}) tells nothing: {node.trouble}",
                f"`trii cluster drain {node.id[:12]}`, if it stays so: another takes its place",
            )


def _open_dashboard(seen: ClusterFacts) -> Iterator[Finding]:
    without = [node.address for node, facts in _told(seen) if not facts.token_mode]
    if seen.answers_without_token or without:
        who = f"on {', '.join(without)}" if without else "at its dashboard"
        yield Finding(
            "no-token",
            f"Ray asks for no token {who}: whoever reaches a port runs any code",
            "replace the cluster by one with RAY_AUTH_MODE=token: docs/upgrade.md",
        )


def _drivers_on_head(seen: ClusterFacts) -> Iterator[Finding]:
    head = _head(seen)
    # A head with CPUs is a cluster of one node, where everything runs.
    for driver in () if head is None or head.cpus else seen.drivers:
        if head is not None and driver.node == head.address:
            yield Finding(
                "driver-on-head",
                f"`{driver.command[:120]}` runs on the head",
                "submit it to a pool: `trii jobs submit MODULE`, or `ray job submit` against the API",
            )


def _open_ports(seen: ClusterFacts) -> Iterator[Finding]:
    for node, facts in _told(seen):
        for held in facts.listeners:
            # Serve binds each replica's own gRPC port to every interface, behind Ray's token.
            replica = (held.program or "").startswith("ray::ServeReplica")
            known = facts.of_a_cluster and ports.expected(held.port)
            if not (replica or known):
                yield Finding(
                    "open-port",
                    f"{node.address}: {held.program or 'a program of another user'} listens at "
                    f"{held.address}:{held.port}, which is no port of ours",
                    "end it, or bind it to 127.0.0.1",
                )


def _public_addresses(seen: ClusterFacts) -> Iterator[Finding]:
    for node, facts in _told(seen):
        if facts.of_a_cluster and facts.public_addresses:
            yield Finding(
                "public-address",
                f"{node.address} has the public address {', '.join(facts.public_addresses)}",
                "give it a private subnet: `trii cluster validate` finds the place in the file",
            )


def _versions(seen: ClusterFacts) -> Iterator[Finding]:
    for what, read in _VERSIONS.items():
        held = Counter(read(facts) for _, facts in _told(seen))
        if len(held) > 1:
            usual = held.most_common(1)[0][0]
            others = [
                f"{node.address} {read(facts)}"
                for node, facts in _told(seen)
                if read(facts) != usual
            ]
            yield Finding(
                "version-skew",
                f"{what} {usual} runs on most nodes, and {', '.join(others)}",
                "drain those of the older image, one by one: docs/upgrade.md",
            )


_VERSIONS: Final[dict[str, Callable[[NodeFacts], str]]] = {
    "Python": lambda facts: facts.python,
    "Ray": lambda facts: facts.ray,
    "TRII": lambda facts: facts.trii,
}


def _unplaceable(seen: ClusterFacts) -> Iterator[Finding]:
    """Deployments whose selector no node carries, unless their pool grows for them."""
    growing = pools.labels(seen.growing)
    for asked in seen.asked:
        demand = Demand(asked.deployment, {}, asked.selector)
        if any(demand.matches(labels) for labels in (*(n.labels for n in seen.nodes), growing)):
            continue
        wanted = ", ".join(f"{key}={value}" for key, value in asked.selector.items())
        yield Finding(
            "no-node-for",
            f"no node carries {wanted}, which {asked.application}:{asked.deployment} asks for",
            "give the pool a node (`min_workers`), or change the selector in deployments/serve.yaml",
        )


def _empty_pools(seen: ClusterFacts) -> Iterator[Finding]:
    held = {pool for node in seen.nodes for pool in node.pools}
    for pool in seen.pools:
        if pool not in held and pool not in seen.growing:
            yield Finding(
                "pool-without-node",
                f"jobs may ask for the pool {pool}, which has no node and does not grow",
                "give it a node, or leave it out of TRII_POOLS",
            )


def _gpus(seen: ClusterFacts) -> Iterator[Finding]:
    for node, facts in _told(seen):
        if node.gpus > len(facts.gpus):
            yield Finding(
                "gpu-missing",
                f"Ray counts {node.gpus:g} GPUs on {node.address}, its driver shows "
                f"{len(facts.gpus)}" + (f": {facts.gpu_trouble}" if facts.gpu_trouble else ""),
                f"`trii cluster drain {node.id[:12]}`: infra/node/check-gpu keeps such a node away",
            )
    drivers = {gpu.driver for _, facts in _told(seen) for gpu in facts.gpus}
    if len(drivers) > 1:
        yield Finding(
            "gpu-driver-skew",
            f"GPU drivers differ: {', '.join(sorted(drivers))}",
            "drain the nodes of the older image, one by one",
        )


def _limits(seen: ClusterFacts) -> Iterator[Finding]:
    for node, facts in _told(seen):
        for part, allowed in facts.files_limit.items():
            least = _FILES[part] if facts.of_a_cluster else _FILES_ALONE
            # -1 is without a limit.
            if 0 <= allowed < least:
                yield Finding(
                    "few-files",
                    f"{part} on {node.address} may open {allowed:,} files, and needs {least:,}",
                    "set LimitNOFILE in its unit (infra/node/), on a laptop `ulimit -n`, then start anew",
                )


def _reserved(seen: ClusterFacts) -> Iterator[Finding]:
    for node, facts in _told(seen):
        free = [
            str(entry)
            for entry in ports.within(facts.client_ports)
            if not ports.is_reserved(entry, facts.reserved_ports)
        ]
        if facts.of_a_cluster and free:
            yield Finding(
                "ports-not-reserved",
                f"{node.address} may give {', '.join(free)} to any client, and then Ray starts without",
                "install infra/node/90-trii.conf in /etc/sysctl.d",
            )


def _clocks(seen: ClusterFacts) -> Iterator[Finding]:
    for node, _ in _told(seen):
        if abs(node.clock_ahead_s) - node.clock_unsure_s > _CLOCK_S:
            where = "ahead of" if node.clock_ahead_s > 0 else "behind"
            yield Finding(
                "clock-skew",
                f"the clock of {node.address} is {abs(node.clock_ahead_s):.1f} s {where} the head's",
                "start chrony there, or replace the node",
            )


def _store(seen: ClusterFacts) -> Iterator[Finding]:
    head = _head(seen)
    if head is None or head.facts is None:
        return
    store = head.facts.store
    if store is None:
        yield Finding(
            "no-gcs",
            f"no gcs_server that the head's raylet dials runs on {head.address}",
            "restart the head's unit, `trii-ray-head.service`",
        )
    elif store.kind == "memory":
        yield Finding(
            "state-not-kept",
            "the GCS keeps its state in memory: every replica ends with it",
            "start Ray with RAY_gcs_storage=rocksdb, on a volume, as cluster.yaml has it",
        )
    elif not store.present:
        missing = store.marker or store.path
        yield Finding(
            "state-lost",
            f"the GCS's store is not where it should be: {missing} is missing",
            "mount the volume of this cluster before the head is started again: a fresh store ends "
            "every node",
        )


def _head_address(seen: ClusterFacts) -> Iterator[Finding]:
    head = _head(seen)
    for node, facts in _told(seen):
        dialled = (facts.head_dialled or "").rpartition(":")[0]
        if head is not None and dialled and dialled != head.address:
            yield Finding(
                "head-address",
                f"{node.address} dials the head at {dialled}, and the head is {head.address}",
                "give the head its old address back, or drain the node",
            )


RULES: Final = (
    *(_open_dashboard, _store, _head_address, _silent, _versions, _clocks),
    *(_unplaceable, _empty_pools, _drivers_on_head, _gpus),
    *(_open_ports, _public_addresses, _limits, _reserved),
)
