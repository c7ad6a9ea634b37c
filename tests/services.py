"""Which tests need a server that takes seconds to start.

It follows from the fixtures that a test asks for, so that it can't be forgotten.
"""

import pytest

# A fixture `platform` may be a file's own: the home is what all that need a platform ask for.
STARTED = {"platform_home", "database", "mlflow_server", "ray_cluster"}


def order(item: pytest.Item) -> int:
    """The platform comes after what needs none, and its parts alone before the whole of it."""
    return needs_platform(item) + (needs_platform(item) and "probe_platform" not in fixtures(item))


def needs_platform(item: pytest.Item) -> bool:
    marked = any(map(item.get_closest_marker, ("platform", "restarts")))
    return marked or "platform_home" in fixtures(item)


def needs_services(item: pytest.Item) -> bool:
    return needs_platform(item) or not STARTED.isdisjoint(fixtures(item))


def fixtures(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))
