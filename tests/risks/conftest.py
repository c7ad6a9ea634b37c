"""A small platform of its own for the risks, so that killing its parts disturbs nobody."""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from cluster.clock import utc_now
from cluster.laptop import lifecycle, ports, processes, state
from cluster.laptop.context import Platform
from cluster.laptop.progress import StepLines
from cluster.security.local import issue_local
from tests import numba_cache
from tests.risks.probing import OPTIONS, Probe

RUNNING = pytest.StashKey[ExitStack]()


def pytest_terminal_summary(terminalreporter):
    """The figures that the pages in docs/decisions quote, from this very run."""
    for report in terminalreporter.getreports("passed"):
        for name, line in report.user_properties:
            if name == "measured":
                terminalreporter.write_line(f"measured: {line}")


@pytest.fixture
def measured(record_property) -> Callable[[str], None]:
    """A function that adds a figure to the end of the test report."""
    return partial(record_property, "measured")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """The platform of the other tests starts when this one has ended: two would slow each other."""
    yield
    if nextitem is None or "probe_platform" not in nextitem.fixturenames:
        item.config.stash.get(RUNNING, ExitStack()).close()


@pytest.fixture(scope="session")
def probe_platform(pytestconfig) -> Probe:
    """Every component, and Serve with the edge and the probe; ended after the last of these tests."""
    home = Path(tempfile.mkdtemp(prefix="trii-risk-"))
    home.chmod(0o711)
    numba_cache.share_with(home)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        stack.callback(lifecycle.down, home, progress=StepLines())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lifecycle, "STEPS", ())  # no data, no models, no applications of ours
            settings = lifecycle.up(home, clock=utc_now, progress=StepLines())
        token = issue_local(settings, role="scientist", clock=utc_now)
        remembered = state.load(home)
        assert remembered is not None
        probe = Probe(Platform(settings, remembered), {"Authorization": f"Bearer {token}"})
        probe.deploy()
        assert processes.wait_until(probe.serves, timeout_s=120), "the probe does not answer"
        pytestconfig.stash[RUNNING] = stack.pop_all()
    return probe


@pytest.fixture
def probe(probe_platform: Probe) -> Probe:
    """The probe in its usual state, whatever the test before did to it."""
    whole = processes.wait_until(
        lambda: (
            len(probe_platform.replicas()) == OPTIONS["num_replicas"]
            and ports.answers(probe_platform.settings.api_port)
            and probe_platform.serves()
        ),
        timeout_s=90,
    )
    assert whole, "the probe did not recover from the test before"
    return probe_platform
