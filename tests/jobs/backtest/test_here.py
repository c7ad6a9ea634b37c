"""`trii backtest run` of what is small: in its own process, to the same files and trial as a job's."""

import json
import os
import pickle
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest

from cluster.backtests.store import list_backtests
from cluster.cli.main import main
from cluster.ledger import store as ledger
from cluster.queue import commands as queue
from cluster.requests.backtest import parse_request
from cluster.stores.lake import Lake
from cluster.stores.places import at
from cluster.stores.postgres import connect
from cluster.waiting import wait_until
from jobs.backtest import plan as plans
from jobs.backtest.cli import queued
from jobs.backtest.cli import run as cli_run
from jobs.backtest.cli import show as cli_show
from jobs.backtest.plan import make_plan
from jobs.backtest.provenance import code_version
from jobs.backtest.run import compute
from jobs.backtest.trial import trial_of
from jobs.fan_out import on_ray
from tests.calls import leading_back, noted
from tests.databases import data_at
from tests.jobs.backtest.conftest import put_synthetic
from tests.test_ways import files_of


@pytest.fixture
def home(database, tmp_path, monkeypatch):
    """Settings of a home with a filled lake of its own, on the tests' PostgreSQL."""
    settings = database.model_copy(update=data_at(tmp_path))
    put_synthetic(Lake(settings.lake_url), instruments=5)
    monkeypatch.setattr(cli_run, "running_settings", lambda: settings)
    return settings


@pytest.fixture
def asked():
    """The options of a run whose family no other test has."""
    return [
        *("--strategy=sma-cross", "--universe=synthetic", "--param=fast=5", "--param=slow=20"),
        f"--family=family-{uuid4().hex[:12]}",
    ]


def trii(*arguments):
    with pytest.raises(SystemExit) as info:
        main(["backtest", "run", *arguments])
    return info.value.code


def family_of(asked):
    return asked[-1].partition("=")[2]


def trials(settings, asked):
    with connect(settings, "serve") as connection:
        return ledger.trials_of(connection, family_of(asked))


def rows(settings, asked):
    with connect(settings, "serve") as connection:
        runs = list_backtests(connection)
    return [run for run in runs if run.request.get("family") == family_of(asked)]


def test_a_small_run_has_its_row_and_trial_and_no_job(home, asked, capsys):
    before = queue.list_jobs(home)
    assert trii(*asked, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    (run,) = rows(home, asked)
    (trial,) = trials(home, asked)
    assert (run.id, run.state, run.user_id) == (shown["id"], "done", queue.LOCAL_USER)
    assert (trial.run_id, trial.user_id) == (run.id, queue.LOCAL_USER)
    assert shown["metrics"] == json.loads(Path(run.result_path, "metrics.json").read_text())
    assert queue.list_jobs(home) == before


@pytest.mark.long
@pytest.mark.filterwarnings("default")  # Ray's own
@pytest.mark.usefixtures("ray_cluster")
def test_a_run_here_has_the_files_and_the_trial_of_one_on_ray_byte_by_byte(
    home, asked, tmp_path, capsys
):
    assert trii(*asked, "--json") == 0
    run = json.loads(capsys.readouterr().out)
    here = Path(run["result_path"])
    request = parse_request(run["request"])
    lake = Lake(home.lake_url)
    created = json.loads((here / "manifest.json").read_text())["created_at"]
    other = compute(
        make_plan(request, lake=lake, code=code_version()),
        run_id=run["id"],
        results=at(tmp_path / "on-ray"),
        lake=lake,
        fan_out=on_ray,
        clock=lambda: datetime.fromisoformat(created),
    )
    names = sorted(path.name for path in here.iterdir())
    assert names == sorted(file.name for file in other.folder.files())
    assert [name for name in names if same(here, other.folder, name)] == names
    (trial,) = trials(home, asked)
    plan = make_plan(request, lake=lake, code=code_version())
    again = trial_of(
        plan, other.result, run_id=run["id"], user_id="local", recorded_at=trial.recorded_at
    )
    assert again == trial


def same(one, other, name):
    return (one / name).read_bytes() == (other / name).read_bytes()


def test_a_run_here_that_is_stopped_says_so_and_its_next_one_goes_on(home, asked, capsys):
    def stopped(*_):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("jobs.backtest.run.gather", stopped)
        assert trii(*asked) == 130
    (run,) = rows(home, asked)
    assert (run.state, run.error) == ("failed", "stopped")
    assert f"{run.id} is stopped" in capsys.readouterr().err
    assert not any(path.name.startswith((run.id, f".{run.id}")) for path in results(home))
    assert trials(home, asked) == []
    assert trii(*asked) == 0
    assert len(trials(home, asked)) == 1


def results(settings):
    return list((settings.home / "results").iterdir())


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGHUP])
def test_a_run_here_whose_terminal_closes_or_that_is_ended_says_that_it_stopped(
    home, asked, monkeypatch, kind
):
    def ended(*_):
        os.kill(os.getpid(), kind)

    monkeypatch.setattr("jobs.backtest.run.gather", ended)
    before = signal.getsignal(kind)
    assert trii(*asked) == 128 + kind
    (run,) = rows(home, asked)
    assert (run.state, run.error) == ("failed", "stopped")
    assert signal.getsignal(kind) is before


def test_what_is_large_or_sent_to_the_cluster_is_a_job(home, asked, monkeypatch):
    sent = []
    monkeypatch.setattr(queued, "submit", lambda _settings, _plan, run_id: sent.append(run_id))
    assert trii(*asked, "--on=cluster", "--detach") == 0
    assert trii(*asked, "--detach") == 0
    monkeypatch.setattr(plans, "_IN_PROCESS_S", 1e-6)
    assert trii(*asked, "--detach") == 0
    assert len(set(sent)) == 3
    assert rows(home, asked) == []
    assert trii(*asked, "--on=here") == 0
    assert len(rows(home, asked)) == 1


def test_what_runs_here_loads_no_client_of_the_cluster():
    code = (
        "import sys, jobs.backtest.cli.run\n"
        "print({'ray', 'aiohttp', 'httpx', 'mlflow', 'torch', 'scipy.stats', 'scipy.cluster'}"
        " & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.long
def test_a_run_here_goes_the_way_that_the_page_names(home, asked):
    """What it leaves the way for gives an answer, or asks a part of it what it is."""
    with noted() as calls:
        assert trii(*asked) == 0
    assert leading_back(calls, files_of("The way of a backtest")) == {
        "cluster/cli/main.py": {"jobs/backtest/cli/run.py"},
        "jobs/backtest/cli/bar.py": {"jobs/backtest/plan.py", "cluster/requests/backtest.py"},
        "jobs/backtest/over_time.py": {"market/backtest/results.py"},
        "cluster/ledger/returns.py": {"cluster/ledger/store.py"},
        "market/backtest/modes.py": {"market/backtest/panel.py"},
        "market/backtest/needs.py": {
            "market/strategies/core/base.py",
            "market/strategies/core/inputs.py",
        },
        "market/strategies/registry.py": {"market/strategies/core/base.py"},
    }


AT_WORK = """
import pickle, sys
from cluster.cli.main import main
from cluster.stores.places import at
from jobs.backtest.cli import run as cli_run
import jobs.backtest.run as running
settings, asked = pickle.load(sys.stdin.buffer)
def waits(*_):
    print("at work", flush=True)
    sys.stdin.read()
cli_run.running_settings = lambda: settings
running.gather = waits
main(["backtest", "run", "--on=here", *asked])
"""


def test_a_run_here_that_is_killed_is_told_to_be_lost_and_not_before(
    home, asked, capsys, monkeypatch
):
    """By SIGKILL, which no handler sees; the next run of the same takes its place."""
    with subprocess.Popen(
        [sys.executable, "-c", AT_WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdin.write(pickle.dumps((home, asked)))
        process.stdin.flush()
        assert process.stdout.readline() == b"at work\n"
        (run,) = rows(home, asked)
        assert (run.state, run.error) == ("running", None)
        process.kill()
    assert wait_until(lambda: rows(home, asked)[0].state == "failed", timeout_s=10)
    (run,) = rows(home, asked)
    assert "its process is gone" in run.error
    monkeypatch.setattr(cli_show, "running_settings", lambda: home)
    with pytest.raises(SystemExit, match="0"):
        main(["backtest", "show", run.id])
    assert f"{run.id} failed: its process is gone" in capsys.readouterr().out
    assert trii(*asked) == 0
    assert [one.state for one in rows(home, asked)] == ["done", "failed"]
