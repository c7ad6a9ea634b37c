"""A head without CPUs and two nodes of the pool `batch`, until standard input ends.

`three_nodes.py FOLDER PORT [DASHBOARD_PORT]`
"""

import sys

from ray.cluster_utils import Cluster

LABELS = {"trii/pool-batch": "true", "trii/market": "spot"}


def main(folder: str, port: str, dashboard: str | None = None) -> None:
    head = {
        "num_cpus": 0,
        "gcs_server_port": int(port),
        "temp_dir": folder,
        "include_dashboard": dashboard is not None,
        "dashboard_port": None if dashboard is None else int(dashboard),
    }
    cluster = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(2):
        cluster.add_node(num_cpus=1, labels=LABELS, wait=False)
    sys.stdin.read()
    cluster.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
