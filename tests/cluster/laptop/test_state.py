import shutil
import subprocess
import sys

import pytest

from cluster.errors import PlatformError
from cluster.laptop import credentials
from cluster.laptop import state as states
from cluster.laptop.processes import ProcessRecord


@pytest.fixture(autouse=True)
def runtime_dirs(monkeypatch):
    """Removes the runtime folders that a test made."""
    made = []
    make = states.new_runtime_dir
    monkeypatch.setattr(states, "new_runtime_dir", lambda: made.append(make()) or made[-1])
    yield
    for folder in made:
        shutil.rmtree(folder)


def test_what_is_saved_comes_back(tmp_path):
    state = states.create(tmp_path, {})
    state.processes["ray"] = ProcessRecord(12, 34.5)
    states.save(tmp_path, state)
    assert states.load(tmp_path) == state


def test_a_home_without_a_platform_has_no_state(tmp_path):
    assert states.load(tmp_path) is None


def test_a_damaged_state_is_named_with_the_remedy(tmp_path):
    (tmp_path / states.FILE).write_text("{")
    with pytest.raises(PlatformError, match=r"state\.json is damaged .*; move it away"):
        states.load(tmp_path)


def test_state_and_secrets_are_for_their_owner_alone(tmp_path):
    states.save(tmp_path, states.create(tmp_path, {}))
    credentials.ensure(tmp_path / "secrets")
    files = [tmp_path / states.FILE, tmp_path / "platform.env", *(tmp_path / "secrets").iterdir()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_secrets_are_made_once_and_differ(tmp_path):
    credentials.ensure(tmp_path)
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    credentials.ensure(tmp_path)
    assert before == {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert len(set(before.values())) == len(credentials.NAMES)


def test_the_runtime_folder_is_private_and_short_enough_for_sockets(tmp_path):
    folder = states.create(tmp_path, {}).runtime_dir
    assert len(folder) + 64 < 107


def test_two_ups_at_once_are_refused(tmp_path):
    hold = (
        "import sys; from pathlib import Path; from cluster.laptop.state import exclusive\n"
        f"with exclusive(Path({str(tmp_path)!r})): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        with (
            pytest.raises(PlatformError, match="another trii up or down"),
            states.exclusive(tmp_path),
        ):
            pass
        other.communicate(b"")
    with states.exclusive(tmp_path):
        pass


def test_a_runtime_folder_that_somebody_else_can_change_is_not_used(tmp_path):
    folder = tmp_path / "trii-x"
    assert not states.is_private(folder)
    folder.mkdir(mode=0o700)
    assert states.is_private(folder)
    (tmp_path / "link").symlink_to(folder)
    assert not states.is_private(tmp_path / "link")
    folder.chmod(0o770)
    assert not states.is_private(folder)
