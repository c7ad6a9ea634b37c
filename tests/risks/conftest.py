"""A small platform of its own for the risks, so that killing its parts disturbs nobody."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cluster.clock import utc_now
from cluster.laptop import lifecycle, ports, processes, state
from cluster.laptop.context import Platform
from cluster.laptop.progress import Progress
from cluster.security.local import issue_local
from tests.risks.probing import OPTIONS, Probe

FIGURES = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter, config):
    """The figures that the pages in docs/decisions quote, from this very run."""
    for line in config.stash.get(FIGURES, []):
        terminalreporter.write_line(f"measured: {line}")


@pytest.fixture
def measured(request) -> Callable[[str], None]:
    """A function that adds a figure to the end of the test report."""
    return request.config.stash.setdefault(FIGURES, []).append


@pytest.fixture(scope="session")
def probe_platform() -> Iterator[Probe]:
    """Every component, and Serve with the edge and the probe; ended after the last test."""
    home = Path(tempfile.mkdtemp(prefix="trii-risk-"))
    home.chmod(0o711)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lifecycle, "STEPS", ())  # no data, no models, no applications of ours
            settings = lifecycle.up(home, clock=utc_now, progress=Progress())
        token = issue_local(settings, role="scientist", clock=utc_now)
        remembered = state.load(home)
        assert remembered is not None
        probe = Probe(Platform(settings, remembered), {"Authorization": f"Bearer {token}"})
        probe.deploy()
        assert processes.wait_until(probe.serves, timeout_s=120), "the probe does not answer"
        yield probe
    finally:
        lifecycle.down(home, progress=Progress())
        shutil.rmtree(home, ignore_errors=True)


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
