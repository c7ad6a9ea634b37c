"""Which tests need a server that takes seconds to start.

It follows from the fixtures that a test asks for, so that it can't be forgotten.
"""

import pytest

PLATFORMS = {"platform_home", "probe_platform"}  # a fixture `platform` may be a file's own
STARTED = PLATFORMS | {"database", "mlflow_server", "ray_cluster"}


def needs_platform(item: pytest.Item) -> bool:
    return "platform_home" in fixtures(item) or bool(item.get_closest_marker("platform"))


def needs_services(item: pytest.Item) -> bool:
    return needs_own_process(item) or not STARTED.isdisjoint(fixtures(item))


def needs_own_process(item: pytest.Item) -> bool:
    """Whole platforms run in one process, one after another: two cores carry one."""
    marked = any(map(item.get_closest_marker, ("platform", "restarts")))
    return marked or not PLATFORMS.isdisjoint(fixtures(item))


def fixtures(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))
