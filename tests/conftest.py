"""One platform for the whole test run: its own home, ports and processes; yours is left alone."""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import hypothesis
import pytest
import structlog

from cluster.clock import utc_now
from cluster.settings import Settings, load_settings
from tests import numba_cache, quiet, services, workers
from tests.databases import database as database  # noqa: PLC0414 - a fixture is found by its name
from tests.mlflow_server import mlflow_server as mlflow_server  # noqa: PLC0414
from tests.object_store import object_store as object_store  # noqa: PLC0414
from tests.queues import on_queue as on_queue  # noqa: PLC0414
from tests.queues import one_share as one_share  # noqa: PLC0414
from tests.queues import queued as queued  # noqa: PLC0414

# An example that compiles a kernel or waits for a busy machine is no slower code.
hypothesis.settings.register_profile("trii", deadline=None)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=500)
hypothesis.settings.register_profile("few", deadline=None, max_examples=5)
hypothesis.settings.load_profile("trii")
numba_cache.share()
PLATFORM = pytest.StashKey[ExitStack]()
# Structlog's own way with an exception, of sources with all variables in colour, takes seconds for each.
PLAIN = structlog.dev.ConsoleRenderer(
    colors=False, exception_formatter=structlog.dev.plain_traceback
)


def pytest_configure(config: pytest.Config) -> None:
    config.option.loadscopereorder = False  # tests/workers.py orders the groups
    if config.pluginmanager.has_plugin("_cov"):
        quiet.install(config.rootpath)


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if services.needs_services(item):
            item.add_marker("services")
        if services.needs_platform(item) and workers.group(item.nodeid) != "platform":
            raise pytest.UsageError(f"{item.nodeid} needs a platform: name it in tests/workers.py")
    if hasattr(config, "workerinput"):  # one of several processes
        items[:] = workers.ordered(items, services.order)
    else:
        items.sort(key=services.order)


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
    structlog.configure([*structlog.get_config()["processors"][:-1], PLAIN])
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """The platform ends with its last test: what comes after has the cores for itself."""
    yield
    if services.needs_platform(item) and not (nextitem and services.needs_platform(nextitem)):
        item.config.stash.get(PLATFORM, ExitStack()).close()


@pytest.fixture(scope="session")
def platform_home(pytestconfig: pytest.Config) -> Path:
    """A home that PostgreSQL's user can enter, ended and removed after the last test of it."""
    home = Path(tempfile.mkdtemp(prefix="trii-test-"))
    home.chmod(0o711)
    numba_cache.share_with(home)
    environment = pytest.MonkeyPatch()
    environment.setenv("TRII_HOME", str(home))
    # A choice of two is a sweep too, and two thirds of its time less.
    environment.setenv("TRII_FIRST_SWEEP_TRIALS", "2")
    pytestconfig.stash[PLATFORM] = ending = ExitStack()
    ending.callback(shutil.rmtree, home, ignore_errors=True)
    ending.callback(environment.undo)
    ending.callback(_down, home)
    return home


def _down(home: Path) -> None:
    from cluster.laptop.lifecycle import down
    from cluster.laptop.progress import StepLines

    down(home, progress=StepLines())


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
