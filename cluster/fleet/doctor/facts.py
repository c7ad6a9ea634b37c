"""What a running cluster is seen to be, at one moment: facts that the rules judge."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict

from cluster.fleet import pools


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True)


class Listener(_Facts):
    """A TCP socket that waits for connections from beyond the machine.

    `program` is None where its process is another user's.
    """

    address: str
    port: int
    program: str | None


class Gpu(_Facts):
    """One GPU as its driver shows it; memory in MiB."""

    index: int
    name: str
    driver: str
    memory_mib: int
    used_mib: int


class Store(_Facts):
    """Where the GCS keeps its state. `marker` is None on a machine that has no volume for it."""

    kind: str
    path: str
    present: bool
    marker: str | None


class NodeFacts(_Facts):
    """What a node tells of itself."""

    python: str
    ray: str
    trii: str
    # Whether a unit of ours started Ray here. A laptop has other ports, and programs that are none of
    # our business.
    of_a_cluster: bool
    token_mode: bool
    head_dialled: str | None
    files_limit: Mapping[str, int]
    listeners: tuple[Listener, ...]
    public_addresses: tuple[str, ...]
    client_ports: tuple[int, int]
    reserved_ports: str
    gpus: tuple[Gpu, ...]
    gpu_trouble: str | None
    store: Store | None


class Node(_Facts):
    """A node as Ray lists it, and what it tells; `facts` is None of one that did not answer."""

    id: str
    address: str
    is_head: bool
    labels: Mapping[str, str]
    cpus: float
    gpus: float
    clock_ahead_s: float = 0.0
    clock_unsure_s: float = 0.0
    facts: NodeFacts | None = None
    trouble: str | None = None

    @property
    def pools(self) -> tuple[str, ...]:
        return pools.of_labels(self.labels)


class Driver(_Facts):
    """A program that runs on a node and steers work on the cluster."""

    node: str
    command: str


class Asked(_Facts):
    """A deployment of a Serve application, and the labels of the nodes that it may run on."""

    application: str
    deployment: str
    selector: Mapping[str, str]


class OnGpu(_Facts):
    """What keeps a GPU, or a part of one."""

    node: str
    what: str
    gpus: float


class ClusterFacts(_Facts):
    """All of it. `growing` are the pools that get a node where something asks for it."""

    nodes: tuple[Node, ...]
    drivers: tuple[Driver, ...]
    asked: tuple[Asked, ...]
    on_gpus: tuple[OnGpu, ...]
    pools: tuple[str, ...]
    growing: tuple[str, ...]
    answers_without_token: bool


class Nodes(_Facts):
    """What the job on the head hands back."""

    nodes: tuple[Node, ...]


ANSWER: Final = "trii-doctor:"  # before the document, in the job's log
