"""How the tests are shared among processes: files stay whole, and some files stay together.

By place, since the process that hands out the work knows tests by their names alone. A test that
needs a platform and lies elsewhere is refused when it is collected. A group's first test stands before
those of lighter groups (`ordered`), and the processes take groups in that order: the platform at once,
what takes long before the many short files, so that none works alone at the end.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import pytest
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
    # Each compiles every indicator: one after the other, the second finds what the first has left.
    "indicators": (
        "tests/market/test_indicator_properties.py",
        "tests/market/strategies/test_inputs.py",
    ),
}
_LONG = 30  # short tests that one which starts a service, or keeps a core busy, weighs as much as


class Scheduler(LoadScopeScheduling):
    """Gives a process a group at a time."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def ordered(items: Sequence[pytest.Item], order: Callable[[pytest.Item], int]) -> list[pytest.Item]:
    """Group by group, the heaviest first; within a group by ``order``, and then as they stand."""
    weights: Counter[str] = Counter()
    for item in items:
        weights[group(item.nodeid)] += _weight(item)
    return sorted(items, key=lambda item: (_rank(group(item.nodeid), weights), order(item)))


def _rank(name: str, weights: Counter[str]) -> tuple[bool, int]:
    return name != "platform", -weights[name]


def _weight(item: pytest.Item) -> int:
    return _LONG if any(map(item.get_closest_marker, ("slow", "services"))) else 1


def group(nodeid: str) -> str:
    """The tests that one process runs, one after another, in the order of their files."""
    path = nodeid.partition("::")[0]
    for name, places in TOGETHER.items():
        if path.startswith(places):
            return name
    return path
