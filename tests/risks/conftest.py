"""The platform's parts without our applications, for the risks: killing them disturbs nobody."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from cluster.clock import utc_now
from cluster.laptop import ports, state
from cluster.laptop.context import Platform
from cluster.security.local import issue_local
from cluster.settings import load_settings
from cluster.waiting import wait_until
from tests.risks.probing import OPTIONS, Probe

# No data, no models, no applications of ours.
START = """
import sys
from pathlib import Path
from cluster.clock import utc_now
from cluster.laptop import lifecycle
from cluster.laptop.progress import StepLines
lifecycle.STEPS = ()
lifecycle.up(Path(sys.argv[1]), clock=utc_now, progress=StepLines())
"""


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


@pytest.fixture(scope="session")
def probe_platform(platform_home: Path) -> Probe:
    """Every component, and Serve with the edge and the probe: `trii up` goes on from there."""
    # By a process of its own, as with `trii up`: whom this one starts, it would leave as zombies.
    subprocess.run([sys.executable, "-c", START, platform_home], check=True)
    settings = load_settings(platform_home)
    token = issue_local(settings, role="scientist", clock=utc_now)
    remembered = state.load(platform_home)
    assert remembered is not None
    probe = Probe(Platform(settings, remembered), {"Authorization": f"Bearer {token}"})
    probe.deploy()
    assert wait_until(probe.serves, timeout_s=120), "the probe does not answer"
    return probe


@pytest.fixture
def probe(probe_platform: Probe) -> Probe:
    """The probe in its usual state, whatever the test before did to it."""
    whole = wait_until(
        lambda: (
            len(probe_platform.replicas("probe")) == OPTIONS["num_replicas"]
            and ports.answers(probe_platform.settings.api_port)
            and probe_platform.serves()
        ),
        timeout_s=90,
    )
    assert whole, "the probe did not recover from the test before"
    return probe_platform
