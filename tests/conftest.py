"""One platform for the whole test run: its own home, ports and processes; yours is left alone."""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import hypothesis
import pytest
import structlog

from cluster.clock import utc_now
from cluster.settings import Settings, load_settings

# An example that compiles a kernel or waits for a busy machine is no slower code.
hypothesis.settings.register_profile("trii", deadline=None)
hypothesis.settings.load_profile("trii")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs the platform comes last: once it runs, it takes its share from all other tests."""
    items.sort(key=needs_platform)


def needs_platform(item: pytest.Item) -> bool:
    return "platform" in getattr(item, "fixturenames", ()) or bool(
        item.get_closest_marker("platform")
    )


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """A test that configured logs leaves none behind: they would go to its own, closed stream."""
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture(scope="session")
def platform_home() -> Iterator[Path]:
    """A home that PostgreSQL's user can enter, ended and removed after the last test."""
    home = Path(tempfile.mkdtemp(prefix="trii-test-"))
    home.chmod(0o711)
    before = os.environ.get("TRII_HOME")
    os.environ["TRII_HOME"] = str(home)
    yield home
    from cluster.laptop.lifecycle import down
    from cluster.laptop.progress import Progress

    down(home, progress=Progress())
    if before is None:
        del os.environ["TRII_HOME"]
    else:
        os.environ["TRII_HOME"] = before
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def platform(platform_home: Path) -> Settings:
    """The platform of this run, up and complete, as the command `trii up` leaves it."""
    done = subprocess.run(
        [Path(sys.executable).with_name("trii"), "up"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return load_settings(platform_home)


@pytest.fixture
def ray_cluster() -> Iterator[None]:
    """Ray alone, two CPUs of our own; the folder is short, for the paths of its sockets."""
    import ray

    before, folder = dict(os.environ), tempfile.mkdtemp(prefix="tr")
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        labels={"trii/pool-batch": "true"},
        _temp_dir=folder,
    )
    yield
    ray.shutdown()
    shutil.rmtree(folder, ignore_errors=True)
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def token(platform: Settings):
    """A function that makes bearer headers for a role."""
    from cluster.security.local import issue_local

    def headers(role: str = "scientist") -> dict[str, str]:
        return {"Authorization": f"Bearer {issue_local(platform, role=role, clock=utc_now)}"}

    return headers


@pytest.fixture
def api(platform: Settings, token) -> Iterator[httpx.Client]:
    """An HTTP client of the API with a scientist's token."""
    with httpx.Client(
        base_url=platform.api_url, headers=token(), timeout=15.0, trust_env=False
    ) as client:
        yield client
