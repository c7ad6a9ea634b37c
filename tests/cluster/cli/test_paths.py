"""Paths are taken literally: every option that takes one, with names that look like something else."""

import json
import re
import shlex
import shutil
import zipfile
from pathlib import Path

import click
import pyarrow.parquet as pq
import pytest

from cluster.cli.main import main, trii
from cluster.laptop import identity
from cluster.queue import commands as queue
from cluster.stores.lake import Lake
from jobs.backtest.cli import run as cli_run
from jobs.backtest.cli import tearsheet as cli_tearsheet
from tests.cluster.cli.test_lazy import walk
from tests.databases import data_at
from tests.jobs.backtest.conftest import put_synthetic
from tests.pages import ROOT

ODD = [
    "h%20x 50%",
    "[1]*?",
    "#1 a:b;c&d",
    'it\'s "so"',
    "börse ß 漢",
    "$HOME {x}",
    "back\\s^|",
    "~x",
]
CSV = "Date,Close\n2023-01-03,10\n2023-01-04,11\n2023-01-05,12\n"


@pytest.fixture(params=ODD)
def folder(request, tmp_path, monkeypatch):
    """A folder of an odd name, the home beside it."""
    monkeypatch.setenv("TRII_HOME", str(tmp_path / "home"))
    found = tmp_path / request.param
    found.mkdir()
    return found


@pytest.fixture
def run(capsys):
    """Run a command that succeeds; gives what it printed."""

    def called(*words):
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        assert ended.value.code == 0, err
        return out

    return called


def rows(run, table):
    return int(run("lab", f"SELECT count(*) AS n FROM {table}").split()[-1])


def test_files_lists_and_actions_are_ingested(folder, run):
    (folder / "AAA.csv").write_text(CSV)
    (folder / "BBB.csv").write_text(CSV.replace("12", "13"))
    (folder / "list.csv").write_text("symbol,name\nAAA,First\nBBB,Second\n")
    (folder / "acts.csv").write_text(
        "symbol,kind,ex_date,amount,currency\nAAA,dividend,2023-01-05,0.5,USD\n"
    )
    run(
        *("data", "ingest", "--dataset=mine", "--files", folder / "AAA.csv", folder / "BBB.csv"),
        *("--instruments", folder / "list.csv", "--actions", folder / "acts.csv"),
    )
    assert (rows(run, "bars"), rows(run, "actions")) == (6, 1)


def test_a_folder_of_files_is_ingested(folder, run):
    (folder / "AAA.csv").write_text(CSV)
    run("data", "ingest", "--dataset=mine", "--files", folder)
    assert rows(run, "bars") == 3


def test_rows_are_written_where_the_path_says(folder, run):
    (folder / "AAA.csv").write_text(CSV)
    run("data", "ingest", "--dataset=mine", "--files", folder)
    run("lab", "SELECT session, close FROM bars", "--output", folder / "[x]%20.parquet")
    assert pq.ParquetFile(folder / "[x]%20.parquet").read().num_rows == 3
    run("lab", "SELECT session, close FROM bars", "--output", folder / "[x]%20.csv")
    assert len((folder / "[x]%20.csv").read_text().splitlines()) == 4
    assert sorted(one.name for one in folder.iterdir()) == [
        "AAA.csv",
        "[x]%20.csv",
        "[x]%20.parquet",
    ]


def test_a_strategy_is_read_from_its_file(folder, run):
    shutil.copy(ROOT / "examples/own_strategy.py", folder / "my [1] ideas%20.py")
    assert "calm-trend" in run("strategy", "show", f"{folder / 'my [1] ideas%20.py'}:CalmTrend")


@pytest.mark.long  # each is checked in seconds
def test_a_function_and_its_bars_are_read_from_their_files(folder, run):
    (folder / "own [1]%20.py").write_text("def same(bars):\n    return bars.close\n")
    (folder / "bars [1]%20.csv").write_text(
        "session,open,high,low,close,volume\n"
        + "".join(
            f"2023-{m:02}-{d:02},10,12,9,{10 + d % 3},9\n" for m in (1, 2, 3) for d in range(1, 29)
        )
    )
    run("leak-check", f"{folder / 'own [1]%20.py'}:same", "--bars", folder / "bars [1]%20.csv")


def test_a_strategy_is_begun_where_the_path_says(folder, run):
    path, command = run("backtest", "init", folder / "idea.py").splitlines()
    assert Path(path).read_text().splitlines()[-3:][1] == f"# {command}"
    assert shlex.split(command)[4] == f"{folder / 'idea.py'}:Idea"


ODDEST = "h%20x [1]*? #1 a:b;c&d it's $HOME {x} ~"


@pytest.fixture
def oddest(tmp_path):
    found = tmp_path / ODDEST
    found.mkdir()
    return found


@pytest.mark.parametrize("place", ["home", "lake"])
def test_a_lake_that_no_library_opens_there_lies_where_the_refusal_says(
    place, oddest, tmp_path, run, capsys, monkeypatch
):
    """The home of any name keeps everything else; a lake's own name may be the odd one, too."""
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.setenv("TRII_HOME", str(oddest if place == "home" else tmp_path / "home"))
    if place == "lake":
        monkeypatch.setenv("TRII_LAKE_URL", (oddest / "lake").as_uri())
    (oddest / "AAA.csv").write_text(CSV)
    ingest = ("data", "ingest", "--dataset=mine", "--files", str(oddest / "AAA.csv"))
    with pytest.raises(SystemExit) as ended:
        main([*ingest])
    told = capsys.readouterr().err.splitlines()[-1]
    assert (ended.value.code, told.partition(" /")[0]) == (2, "trii: lake")
    assert not (oddest / "lake").exists()
    (url,) = re.findall(r"such as TRII_LAKE_URL=(\S+), or", told)
    monkeypatch.setenv("TRII_LAKE_URL", url)
    run(*ingest)
    assert rows(run, "bars") == 3
    (listed,) = json.loads(run("data", "symbols", "AAA", "--json"))
    assert listed["instrument_id"] == "mine:AAA"
    assert "mine" in run("data", "status")
    assert (tmp_path / "me" / "trii-lake" / "bars").is_dir()


def test_a_space_is_read_from_its_file(oddest, on_queue, queued):
    (oddest / "space.yaml").write_text("hidden: [[8]]\n")
    code, out, err = on_queue(
        *("sweep", "run", "--detach", "--json", "--space", str(oddest / "space.yaml"))
    )
    assert code == 0, err
    assert any("[[8]]" in one for one in queue.get(queued, json.loads(out)["id"]).arguments)


def test_a_folder_of_own_code_travels(oddest, on_queue, queued, monkeypatch):
    monkeypatch.setattr(identity, "running_settings", lambda: queued)
    (oddest / "study.py").write_text("print(1)\n")
    code, out, err = on_queue(
        *("jobs", "submit", "--detach", "--json", "--bundle", str(oddest), "study")
    )
    assert code == 0, err
    bundle = queue.get(queued, json.loads(out)["id"]).bundle
    (stored,) = queued.home.rglob(f"{bundle}*.zip")
    assert "study.py" in zipfile.ZipFile(stored).namelist()


def test_members_and_a_strategy_are_read_from_their_files(
    oddest, database, tmp_path, run, monkeypatch
):
    settings = database.model_copy(update=data_at(tmp_path))
    put_synthetic(Lake(settings.lake_url), instruments=3)
    monkeypatch.setattr(cli_run, "running_settings", lambda: settings)
    (oddest / "members.txt").write_text("synthetic:SYN002\n")
    shutil.copy(ROOT / "examples/own_strategy.py", oddest / "ideas.py")
    done = run(
        *("backtest", "run", "--json", "--strategy", f"{oddest / 'ideas.py'}:CalmTrend"),
        *("--universe=synthetic", "--members", oddest / "members.txt"),
    )
    assert json.loads(done)["metrics"]["instruments"] == 1
    monkeypatch.setattr(cli_tearsheet, "running_settings", lambda: settings)
    run("backtest", "tearsheet", json.loads(done)["id"], "--output", oddest / "page.html")
    assert "TRII backtest</title>" in (oddest / "page.html").read_text()


WALKED = {
    "data ingest": {"first_file", "more_files", "instruments", "actions"},
    "lab": {"output"},
    "leak-check": {"target", "path"},
    "strategy show": {"name"},
    "strategy pack": {"name"},  # found as `strategy show` finds it
    "backtest run": {"members"},
    "backtest tearsheet": {"output"},
    "jobs submit": {"folder"},
    "sweep run": {"space", "members"},
    "pipeline run": {"members"},
}


def test_every_option_that_takes_a_path_is_walked_here():
    taking = {}
    # What `trii cluster` takes are files of the repository: tests/cluster/fleet.
    rest = [row for row in walk(trii) if not row[0].startswith("cluster ")]
    for words, command, _ in rest:
        for one in command.params:
            told = f"{one.metavar} {getattr(one, 'help', '')}"
            if _is_path(one.type) or {"FILE", "DIR", "FILE.py"} & set(
                re.split(r"[ :|\[\],]", told)
            ):
                taking.setdefault(words, set()).add(one.name)
    assert taking == WALKED, taking


def _is_path(kind):
    return isinstance(kind, click.Path) or getattr(kind, "func", None) is Path
