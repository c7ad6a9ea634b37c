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
from tests import numba_cache, services, workers
from tests.databases import database as database  # noqa: PLC0414 - a fixture is found by its name
from tests.mlflow_server import mlflow_server as mlflow_server  # noqa: PLC0414
from tests.queues import queued as queued  # noqa: PLC0414

# An example that compiles a kernel or waits for a busy machine is no slower code.
hypothesis.settings.register_profile("trii", deadline=None)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=500)
hypothesis.settings.register_profile("few", deadline=None, max_examples=5)
hypothesis.settings.load_profile("trii")
numba_cache.share()


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs the platform comes last: once it runs, it takes its share from all other tests."""
    items.sort(key=services.needs_platform)
    for item in items:
        if services.needs_services(item):
            item.add_marker("services")
        if services.needs_own_process(item) and workers.group(item.nodeid) != "platform":
            raise pytest.UsageError(f"{item.nodeid} needs a platform: name it in tests/workers.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log) -> workers.Scheduler:
    return workers.Scheduler(config, log)


def pytest_fixture_setup(fixturedef, request) -> None:
    """A service that is asked for in passing (`getfixturevalue`) would start unseen."""
    test = request._pyfuncitem
    if fixturedef.argname in services.STARTED and not test.get_closest_marker("services"):
        pytest.fail(f"{test.nodeid}: name {fixturedef.argname} in usefixtures or mark it")


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
    numba_cache.share_with(home)
    before = os.environ.get("TRII_HOME")
    os.environ["TRII_HOME"] = str(home)
    yield home
    from cluster.laptop.lifecycle import down
    from cluster.laptop.progress import StepLines

    down(home, progress=StepLines())
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
