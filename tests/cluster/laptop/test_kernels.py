"""Compiled kernels of a platform: made once for the code that stands, by one process at a time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.cli.main import main
from cluster.laptop import kernels
from cluster.laptop import state as states
from cluster.settings import load_settings


@pytest.fixture
def compiling(monkeypatch):
    """Stands in for the compiler: says two things, and leaves a file as numba does."""
    calls = []

    def precompile():
        folder = os.environ["NUMBA_CACHE_DIR"]
        calls.append(folder)
        for number, what in enumerate(("indicator sma", "strategies")):
            yield what
            Path(folder, f"{number}.nbc").touch()

    monkeypatch.setattr("market.precompiled.precompile", precompile)
    return calls


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    return tmp_path / "kernels"


def build(capsys):
    with pytest.raises(SystemExit) as info:
        main(["kernels", "build", "--json"])
    out, err = capsys.readouterr()
    assert info.value.code == 0, err
    return json.loads(out), err.splitlines()


def test_kernels_are_compiled_once_for_the_code_that_stands(folder, compiling, capsys, monkeypatch):
    made, said = build(capsys)
    assert (made["compiled"], made["folder"]) == (2, str(folder))
    assert said == ["indicator sma", "strategies"]
    assert build(capsys)[0]["compiled"] == 0
    assert len(compiling) == 1
    monkeypatch.setattr(kernels, "_version", lambda: "another")
    build(capsys)
    assert len(compiling) == 2


def test_a_build_that_was_ended_is_done_again(folder, compiling, capsys):
    build(capsys)
    (folder / "built").unlink()
    assert not kernels.is_built(folder)
    build(capsys)
    assert kernels.is_built(folder)


def test_without_a_platform_or_a_folder_it_says_what_to_do(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv("TRII_HOME", str(tmp_path / "absent"))
    with pytest.raises(SystemExit) as info:
        main(["kernels", "build"])
    assert info.value.code == 2
    assert "set NUMBA_CACHE_DIR" in capsys.readouterr().err


@pytest.fixture
def settings(tmp_path):
    states.save(tmp_path, states.create(tmp_path, {}))
    return load_settings(tmp_path)


def test_up_begins_it_beside_its_other_steps_and_waits_at_their_end(settings, monkeypatch):
    """With a program in place of the compiler."""
    program = (
        "import os, pathlib, time\n"
        "from cluster.laptop import kernels\n"
        "folder = kernels.kernels_told()\n"
        "with kernels._alone(folder):\n"
        "    if not kernels.is_built(folder):\n"
        "        (folder / 'built').write_text(kernels._version())\n"
        "        (folder / f'by-{os.environ[\"NUMBA_CPU_NAME\"]}').touch()\n"
    )
    monkeypatch.setattr(kernels, "_COMMAND", (sys.executable, "-c", program))
    said = []
    assert kernels.begin(settings, said.append) == "compiled beside the rest"
    assert kernels.finish(settings, said.append) == f"ready in {settings.home / 'numba'}"
    assert [path.name for path in (settings.home / "numba").glob("by-*")] == ["by-generic"]
    assert kernels.begin(settings, said.append) == "all there"


def test_kernels_that_can_not_be_compiled_are_told_with_the_last_word(settings, monkeypatch):
    ends = "import sys; sys.exit('no space left')"
    monkeypatch.setattr(kernels, "_COMMAND", (sys.executable, "-c", ends))
    with pytest.raises(kernels.PlatformError, match="could not be compiled: no space left"):
        kernels.finish(settings, lambda _: None)


def test_its_own_process_needs_a_folder(tmp_path):
    environment = {name: value for name, value in os.environ.items() if "NUMBA" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "cluster.laptop.kernels"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "NUMBA_CACHE_DIR: expected a folder" in done.stderr
