"""A strategy of one's own from its file to its trial: checked for leaks first, then like any other."""

import hashlib
import json
import sys
import zipfile
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

from cluster.cli.main import main
from cluster.errors import BadInput
from cluster.ledger import store as ledger
from cluster.own_code import afresh, checking, first_run
from cluster.own_code.records import FOLDER
from cluster.queue import commands as queue
from cluster.requests.backtest import parse_request
from cluster.settings import Settings
from cluster.stores.lake import Lake
from cluster.stores.places import at
from cluster.stores.postgres import connect
from jobs.backtest import __main__ as command
from jobs.backtest.cli import run as cli_run
from jobs.backtest.own import cleared, job_request
from jobs.backtest.shard import describe, run_shard
from tests.databases import data_at
from tests.jobs.backtest.conftest import CODE, RECORDED, put_synthetic

pytestmark = pytest.mark.slow  # each check runs the code in a fresh process

CALM = Path(__file__).parents[3] / "examples/own_strategy.py"
HEAD = "import numpy as np\nfrom market.strategies import Int, Strategy\n"
REMEMBERS = (
    HEAD
    + """
seen = []

class Knows(Strategy):
    inputs = ("close",)

    def target(self, x):
        if not seen:
            seen.append(float(np.nanmean(x)))
        return np.where(x[0] > seen[0], 1.0, 0.0)
"""
)
SHIFTS = (
    HEAD
    + """
class Tomorrow(Strategy):
    inputs = ("close",)

    def target(self, x):
        return np.where(np.roll(x[0], -1, axis=-1) > x[0], 1.0, 0.0)
"""
)
FAILS = (
    HEAD
    + """
class Fails(Strategy):
    inputs = ("close",)

    def target(self, x):
        raise KeyError("mine")
"""
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "my ideas"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (folder / "calm.py").write_bytes(CALM.read_bytes())
    return folder


@pytest.fixture
def started(lake, tmp_path, monkeypatch, folder):
    """A platform of paper: the real lake, and a list of what was submitted."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "lake").symlink_to(lake.root)
    submitted = []
    monkeypatch.setattr(cli_run, "running_settings", lambda: Settings(home=home))
    monkeypatch.setattr(queue, "submit", lambda *args, **_: submitted.append(args))
    return submitted


def trii(capfd, *arguments):
    with pytest.raises(SystemExit) as info:
        main(["backtest", "run", "--universe=synthetic", "--detach", *arguments])
    return info.value.code, *capfd.readouterr()


def test_the_command_checks_the_file_ships_it_and_names_it_in_its_job(capfd, started, folder):
    code, _, err = trii(capfd, f"--strategy={folder}/calm.py:CalmTrend", "--param=calm=3")
    assert code == 0, err
    ((settings, request),) = started
    assert {"--strategy=calm.py:CalmTrend", "--param=calm=3"} <= set(request.arguments)
    packed = settings.home / f"results/bundles/{request.bundle}.zip"
    with zipfile.ZipFile(BytesIO(packed.read_bytes())) as archive:
        assert archive.read("calm.py") == CALM.read_bytes()
    (record,) = (settings.home / "results" / FOLDER).iterdir()
    document = json.loads(record.read_text())
    assert document["summary"].startswith("no look-ahead found in")
    assert document["source_hash"] == hashlib.sha256(CALM.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (REMEMBERS, "looks ahead"),
        (SHIFTS, "is not elementwise"),
        (FAILS, "KeyError: 'mine'"),
    ],
)
def test_what_looks_ahead_or_fails_is_refused_before_anything_starts(
    capfd, started, folder, text, words
):
    (folder / "own.py").write_text(text)
    code, out, err = trii(capfd, "--strategy=own.py")
    assert (code, out, started) == (2, "", [])
    assert words in err
    assert err.count("\n") == 1
    if words == "looks ahead":
        assert "see `trii leak-check own.py:Knows`" in err
        with pytest.raises(SystemExit) as info:
            main(["leak-check", "own.py:Knows"])
        assert info.value.code == 1
        assert "look-ahead found" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--strategy=calm.py:CalmTrend", "--param=calm=99"], "calm=99"),
        (["--strategy=calm.py:CalmTrend", "--param=clam=1"], "did you mean 'calm'?"),
        (["--strategy=calm.py:Calm"], "did you mean CalmTrend?"),
        (["--strategy=calm.py:CalmTrend", "--universe=sample"], "needs high, low, close"),
    ],
)
def test_what_the_class_or_the_data_refuse_is_one_line(capfd, started, options, words):
    code, out, err = trii(capfd, *options)
    assert (code, out, started) == (2, "", [])
    assert words in err
    assert err.count("\n") == 1


@pytest.fixture
def home(database, tmp_path):
    settings = database.model_copy(update=data_at(tmp_path) | {"job_user": "ada"})
    put_synthetic(Lake(settings.lake_url), instruments=3)
    return settings


def test_a_run_is_a_trial_of_the_file_as_it_stood_and_its_report_names_both(home, folder):
    def run():
        request = parse_request({"strategy": "calm.py:CalmTrend", "universe": "synthetic"})
        return command.run(home, request, run_id=None, local=True)

    def hash_of_file():
        return hashlib.sha256((folder / "calm.py").read_bytes()).hexdigest()

    first, before = run(), hash_of_file()
    records = list((home.home / "results" / FOLDER).iterdir())
    run()
    assert list((home.home / "results" / FOLDER).iterdir()) == records
    text = (folder / "calm.py").read_text()
    (folder / "calm.py").write_text(text.replace("x[0] > x[1]", "x[0] < x[1]"))
    second, after = run(), hash_of_file()
    with connect(home, "serve") as connection:
        trials = [
            one for one in ledger.trials_of(connection, "calm-trend")
            if one.run_id in {first.id, second.id}
        ]  # fmt: skip
    assert [one.source_hash for one in trials] == [before, after]
    assert {one.strategy for one in trials} == {"calm.py:CalmTrend"}
    assert first.metrics["total_return"] != second.metrics["total_return"]
    manifest = json.loads((first.folder / "manifest.json").read_text())
    assert manifest["strategy"]["source_hash"] == before
    assert manifest["strategy"]["leak_check"]["verdict"] == "clean"
    report = first.report.read_text()
    assert "calm-trend" in report
    assert "calm.py:CalmTrend" in report
    assert "no look-ahead found in" in report


def test_what_fails_on_the_data_alone_is_bad_input(lake, folder, tmp_path):
    """The check knows synthetic bars: what only these bars provoke is told as well."""
    from jobs.backtest.plan import make_plan

    (folder / "own.py").write_text(FAILS)
    request = parse_request({"strategy": "own.py:Fails", "universe": "synthetic"})
    plan = make_plan(request, lake=lake, code=CODE)
    with pytest.raises(BadInput, match=r"strategy own.py:Fails: KeyError: 'mine'"):
        run_shard(describe(plan, lake=lake, folder=at(tmp_path))[0])


def edit(folder):
    (folder / "calm.py").write_text((folder / "calm.py").read_text() + "# another thought\n")


def test_what_was_edited_since_it_was_planned_is_not_run_checked_or_shipped(
    plan, lake, folder, tmp_path
):
    settings, chosen = Settings(home=tmp_path), plan(strategy="calm.py:CalmTrend")
    edit(folder)
    for use in (
        lambda: run_shard(describe(chosen, lake=lake, folder=at(tmp_path / "shards"))[0]),
        lambda: cleared(chosen, settings, now=RECORDED),
        lambda: job_request(chosen, settings),
    ):
        with pytest.raises(BadInput, match=r"source has changed since .*; run it again"):
            use()
    assert not list(tmp_path.glob("**/*.parquet"))
    assert not (tmp_path / "results").exists()


def test_other_parameters_and_another_library_are_checked_anew(plan, folder, tmp_path, monkeypatch):
    # That it starts afresh is held elsewhere; here three checks are enough to wait for.
    here = lambda make: nullcontext(partial(afresh._outputs, make))  # noqa: E731
    monkeypatch.setattr(checking, "fresh_process", here)
    monkeypatch.setattr(first_run, "_BUDGET_S", 0.0)
    settings, name = Settings(home=tmp_path), "calm.py:CalmTrend"
    first, other = plan(strategy=name), plan(strategy=name, parameters={"calm": 3})
    checks = (first, first, other, replace(first, code={"market": "another"}))
    records = [cleared(one, settings, now=RECORDED).leak_check for one in checks]
    assert len(list((tmp_path / "results" / FOLDER).iterdir())) == 3
    assert records[2]["parameters"]["calm"] == 3
