"""Which tests need a server that takes seconds to start, and which of them share a process.

Both follow from the fixtures that a test asks for, so that neither can be forgotten.
"""

import pytest

PLATFORMS = {"platform", "platform_home", "probe_platform"}
STARTED = PLATFORMS | {"database", "mlflow_server", "ray_cluster"}


def needs_platform(item: pytest.Item) -> bool:
    return "platform" in fixtures(item) or bool(item.get_closest_marker("platform"))


def needs_services(item: pytest.Item) -> bool:
    marked = any(map(item.get_closest_marker, ("platform", "restarts")))
    return marked or not STARTED.isdisjoint(fixtures(item))


def group(item: pytest.Item) -> str:
    """Tests of one group run in one process, one after another, in the order of their files.

    Whole platforms choose their ports when they start, so no two start at once; one MLflow serves
    all who need one. Everything else goes by file, which keeps what a file's fixtures made.
    """
    restarts = item.get_closest_marker("restarts")
    if needs_platform(item) or restarts or not PLATFORMS.isdisjoint(fixtures(item)):
        return "platform"
    if "mlflow_server" in fixtures(item):
        return "mlflow"
    return item.nodeid.partition("::")[0]


def fixtures(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))
