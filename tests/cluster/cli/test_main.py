import os
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.cli.main import main

TRII = Path(sys.executable).with_name("trii")


def trii(*arguments, home):
    return subprocess.run(
        [TRII, *arguments],
        env={**os.environ, "TRII_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["token", "--role", "king"],
        ["token", "--ttl", "soon"],
        ["data", "ingest", "--dataset", "everything"],
        ["backtest", "run", "--strategy", "sma-crss", "--universe", "synthetic"],
        ["backtest", "run", "--strategy", "sma-cross", "--universe", "moon"],
        ["backtest", "run", "--strategy", "sma-cross", "--universe", "synthetic", "--param", "fast=zero"],
        ["backtest", "run", "--strategy", "sma-cross", "--universe", "synthetic", "--start", "2020-13-01"],
        ["pipeline", "run", "--epochs", "0"],
        ["jobs", "submit", "jobs.nothing"],
        ["jobs", "submit", "__main__"],
        ["env"],
        ["model", "list"],
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_status_2(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    assert ended.value.code == 2, err
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("trii: ")
    assert out == ""


def test_a_misspelt_strategy_is_answered_with_the_near_one(tmp_path):
    done = trii(
        "backtest", "run", "--strategy", "sma-crss", "--universe", "synthetic", home=tmp_path
    )
    assert "sma-cross" in done.stderr
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize("group", [[], ["jobs"], ["model"]])
def test_a_group_called_alone_prints_its_help_as_it_is_and_ends_with_2(group, tmp_path):
    called, asked = trii(*group, home=tmp_path), trii(*group, "--help", home=tmp_path)
    assert (called.returncode, called.stdout) == (2, "")
    assert called.stderr.strip() == asked.stdout.strip()
    assert len(asked.stdout.splitlines()) > 5


def test_help_needs_neither_ray_nor_torch_nor_mlflow():
    code = (
        "import sys; from cluster.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'ray', 'torch', 'mlflow', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_status_of_no_platform_says_how_to_start_one(tmp_path):
    done = trii("status", home=tmp_path)
    assert done.returncode == 1
    assert "trii up" in done.stdout


def test_an_unexpected_failure_is_one_line_and_a_crash_log(tmp_path, monkeypatch, capsys):
    from cluster.cli import main as entry

    monkeypatch.setenv("TRII_HOME", str(tmp_path))
    monkeypatch.setitem(entry.COMMANDS, "status", entry.Entry("cluster.cli.absent:x", ""))
    with pytest.raises(SystemExit) as ended:
        entry.main(["status"])
    assert ended.value.code == 1
    line = capsys.readouterr().err
    assert "Traceback" not in line
    assert "crash.log" in line
    assert "Traceback" in (tmp_path / "logs" / "crash.log").read_text()
