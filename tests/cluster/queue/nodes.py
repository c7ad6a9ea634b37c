"""A head without CPUs and two nodes of the pool `batch`, until standard input ends.

`nodes.py DASHBOARD_PORT` prints a line once they run; a line in, the id of a node, kills that one with
all that runs there.
"""

import sys
from contextlib import suppress

import psutil
from ray.cluster_utils import Cluster

from cluster.fleet.pools import labels


def main(port: str) -> None:
    head = {"num_cpus": 0, "include_dashboard": True, "dashboard_port": int(port)}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    pair = [cluster.add_node(num_cpus=1, labels=labels(["batch"])) for _ in range(2)]
    nodes = {node.node_id: node for node in pair}
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        _kill(cluster, nodes[line.strip()])
    cluster.shutdown()


def _kill(cluster, node) -> None:
    """The raylet first, as nothing there may tell; then its workers, and the drivers below them."""
    [told] = node.all_processes["raylet"]
    raylet = psutil.Process(told.process.pid)
    for process in [raylet, *raylet.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):  # a worker whose raylet is gone ends itself
            process.kill()
    cluster.remove_node(node, allow_graceful=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
