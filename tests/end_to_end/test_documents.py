"""Every command's `--json`, on the running platform: one document, whatever the command is."""

import json
import re

import click
import pytest

from cluster.cli.main import main
from cluster.cli.main import trii as tree
from cluster.waiting import wait_until
from tests.pages import ROOT

pytestmark = pytest.mark.platform

# What each command is given besides `--json`, or the test that parses what it prints; a command that is
# new needs a line here.
ARGUMENTS = {
    "up": [],
    "down": "tests/end_to_end/test_healing.py",  # it would end the platform
    "status": [],
    "doctor": [],
    "logs": ["quotes"],
    "token": ["--role", "viewer"],
    "env": [],
    "data ingest": ["--dataset", "sample"],
    "data check": ["--dataset", "sample", "--symbols", "AAPL"],
    "data status": ["--instruments"],
    "data symbols": ["app"],
    "data quarantine list": [],
    "data quarantine show": ["{row}"],
    "data quarantine replay": ["{row}"],
    "data quarantine discard": ["{row}"],
    "data action": ["{own}", "split", "2024-02-01", "--ratio", "1.05"],
    "data drop": ["{own}", "--yes"],
    "data diff": ["{snapshot}", "{snapshot}"],
    "data compact": ["--at-least", "1000"],
    "sweep run": "tests/jobs/sweep/test_cli.py",  # minutes
    "pipeline run": ["--detach", "--no-promote", "--epochs", "1"],
    "universe list": [],
    "backtest run": ["--strategy", "buy-and-hold", "--universe", "index", "--detach"],
    "backtest list": ["--limit", "2"],
    "backtest show": ["{run}"],
    "backtest tearsheet": ["{done}", "--output", "{page}"],
    "backtest trials": ["--limit", "2"],
    "leak-check": ["trend_strength:trend_strength", "--rows", "300"],
    "lab": ["SELECT count(*) AS n FROM instruments"],
    "model list": [],
    "model show": ["volatility-regime"],
    "jobs submit": ["--detach", "jobs.ingest", "--dataset", "sample"],
    "jobs list": ["--limit", "2"],
    "jobs show": ["{job}"],
    "jobs logs": ["{job}"],
    "jobs cancel": ["{waiting}"],
    "jobs retry": ["--detach", "{cancelled}"],
    "jobs top": [],
    "jobs quota": ["ada"],
    "strategy list": [],
    "strategy show": ["sma-cross"],
    "strategy pack": ["own_strategy.py:CalmTrend"],
    "indicators show": ["sma"],
    "kernels build": "tests/cluster/laptop/test_kernels.py",  # minutes of compiling
    "schedule list": [],
    "schedule pause": ["retention"],
    "schedule resume": ["retention"],
    "schedule run": ["freshness-check"],
    "cluster status": "tests/cluster/fleet/test_live.py",  # Ray reads the token once a process
    "cluster doctor": [],
    "cluster adopt": "tests/deployments/planning/test_adopt.py",  # a second cluster's rows
    "cluster drain": "tests/cluster/fleet/test_live.py",  # the head would have to go
    "cluster prices refresh": "tests/cluster/fleet/test_prices.py",  # needs AWS
    "cluster validate": ["../cluster.yaml"],
    "cluster prewarm": "tests/cluster/fleet/scaling/test_prewarm.py",  # a laptop buys no nodes
    "cluster plan": ["../cluster.yaml", "--against", "../cluster.yaml"],
    "cluster cost": ["--env", "dev"],
    "cluster simulate": ["--env", "dev"],
    "cluster machines": [],
    "notify channels": [],
    "notify list": [],
    "notify retry": "tests/cluster/notices/cli/test_notify.py",
    "notify test": "tests/cluster/notices/cli/test_notify.py",
}
ENDED = {"cancelled", "succeeded", "failed"}
FINDS = {"data check", "data quarantine replay"}  # exit status 1 where something is found


@pytest.fixture
def trii(platform, capsys, monkeypatch):
    """`trii("jobs", "list")` is the document that it prints, and its exit status."""
    monkeypatch.setenv("TRII_HOME", str(platform.home))
    monkeypatch.chdir(ROOT / "examples")

    def run(*words):
        capsys.readouterr()
        # Behind the name of a module all words are the module's.
        place = 2 if words[:2] == ("jobs", "submit") else len(words)
        with pytest.raises(SystemExit) as ended:
            main([*words[:place], "--json", *words[place:]])
        out, err = capsys.readouterr()
        assert ended.value.code in {0, 1}, err
        return json.loads(out), ended.value.code

    return run


@pytest.fixture
def place(trii, tmp_path):
    """`place("{job}")` is the id of such a thing on the platform, made where there may be none."""

    def own():
        path = tmp_path / "HELD.csv"
        path.write_text(
            "date,open,high,low,close,volume\n2024-01-31,10,11,9,-5,1\n2024-02-01,10,11,9,10,1\n"
        )
        trii("data", "ingest", "--dataset", "held", "--files", str(path))
        return "held:HELD"

    def held():
        own()
        return trii("data", "quarantine", "list")[0][0]["row_id"]

    def done():
        runs = trii("backtest", "list")[0]
        return next(run["id"] for run in runs if run["state"] == "done")

    def submitted():
        return trii("jobs", "submit", "--detach", "jobs.ingest", "--dataset", "sample")[0]["id"]

    def cancelled():
        job = submitted()
        trii("jobs", "cancel", job)
        wait_until(lambda: trii("jobs", "show", job)[0]["state"] in ENDED, timeout_s=60)
        return job

    makers = {
        "{row}": held,
        "{own}": own,
        "{run}": lambda: trii("backtest", "list")[0][0]["id"],
        "{done}": done,
        "{page}": lambda: str(tmp_path / "page.html"),
        "{snapshot}": lambda: trii("data", "status")[0]["snapshot"],
        "{job}": lambda: trii("jobs", "list")[0][0]["id"],
        "{waiting}": submitted,
        "{cancelled}": cancelled,
    }
    return lambda word: makers[word]() if word in makers else word


def commands(group=tree, words=()):
    """The words of every command that prints a document."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        elif any(parameter.name == "as_json" for parameter in command.params):
            yield " ".join((*words, name))


def test_every_command_that_prints_a_document_is_walked_here():
    assert set(commands()) == set(ARGUMENTS)


def test_what_is_walked_elsewhere_is_parsed_there():
    """By its last word, then `--json`, in one call; its document is read back."""
    for words, file in ARGUMENTS.items():
        if isinstance(file, str):
            text = (ROOT / file).read_text()
            assert "json.loads" in text, words
            # `sweep run` is run by a fixture that says its words.
            name = words.rpartition(" ")[2]
            assert re.search(rf'"{name}"[^#]*?"--json"', text), words


@pytest.mark.parametrize(
    "words", [words for words, given in ARGUMENTS.items() if not isinstance(given, str)]
)
def test_json_is_one_document(words, trii, place):
    given = [place(word) for word in ARGUMENTS[words]]
    document, code = trii(*words.split(), *given)
    assert isinstance(document, dict | list)
    assert code == 0 or words in FINDS, document
