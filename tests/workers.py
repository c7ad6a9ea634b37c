"""How the tests are shared among processes: files stay whole, and some files stay together.

By place, since the process that hands out the work knows tests by their names alone. A test that
needs a platform and lies elsewhere is refused when it is collected.
"""

from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "platform": (
        "tests/end_to_end/",
        "tests/risks/",
        "tests/cluster/desired/test_store.py",
        "tests/cluster/queue/test_chaos.py",
        "tests/cluster/queue/test_ray_jobs.py",
        "tests/cluster/registry/test_mlflow_guard.py",
    ),
    # One MLflow for all of them.
    "mlflow": (
        "tests/cluster/registry/cli/",
        "tests/cluster/registry/test_mlflow_jobs.py",
        "tests/cluster/registry/test_registry.py",
        "tests/deployments/api/test_registry.py",
        "tests/jobs/score/test_command.py",
        "tests/jobs/train",
        "tests/training/test_pipeline.py",
        "tests/training/test_promote.py",
    ),
}


class Scheduler(LoadScopeScheduling):
    """Gives a process a group at a time, the one with the most tests first."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def group(nodeid: str) -> str:
    """The tests that one process runs, one after another, in the order of their files."""
    path = nodeid.partition("::")[0]
    for name, places in TOGETHER.items():
        if path.startswith(places):
            return name
    return path
