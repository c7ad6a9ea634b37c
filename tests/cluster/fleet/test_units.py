"""The units of a node, as systemd reads them."""

import shutil
import subprocess
from pathlib import Path

import pytest

NODE = Path(__file__).parents[3] / "infra/node"
SYSTEMS_OWN = Path("/lib/systemd/system")
PROGRAMS = ("/opt/trii/bin/python", "/opt/trii/bin/ray", "/bin/rm")
UNITS = sorted(unit.name for unit in NODE.glob("*.service"))


@pytest.fixture
def image(tmp_path):
    """A machine's root with what its image brings, as far as the units name it."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    shutil.copytree(NODE, tmp_path / "opt/trii/node")
    shutil.copytree(SYSTEMS_OWN, tmp_path / "lib/systemd/system", symlinks=True)
    for name in UNITS:
        shutil.copy(NODE / name, tmp_path / "lib/systemd/system" / name)
    for program in PROGRAMS:
        path = tmp_path / program.removeprefix("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    return tmp_path


def complaints(image, unit):
    checked = subprocess.run(
        ["systemd-analyze", "verify", f"--root={image}", "--man=no", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    return [line for line in checked.stderr.splitlines() if unit in line]


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_takes_each_unit_as_it_stands(unit, image):
    assert complaints(image, unit) == []


def test_what_systemd_would_ignore_is_seen(image):
    path = image / "lib/systemd/system/trii-ray-head.service"
    path.write_text(path.read_text().replace("KillMode=mixed", "KillMode=mixd"))
    assert "kill mode" in " ".join(complaints(image, path.name))


@pytest.mark.parametrize("unit", ["trii-ray-head.service", "trii-ray-node.service"])
def test_ray_is_told_to_end_before_its_parts_and_has_longer_than_it_drains(unit):
    told = dict(
        line.split("=", 1) for line in (NODE / unit).read_text().splitlines() if "=" in line
    )
    assert told["KillMode"] == "mixed"
    assert int(told["TimeoutStopSec"]) >= 30 + 15
    assert int(told["LimitNOFILE"]) >= 1_000_000
    assert told["TasksMax"] == "infinity"
