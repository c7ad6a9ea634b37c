"""`trii backtest init`: a file that runs as it is, and that takes nobody's place."""

import sys
from datetime import UTC, datetime

import pytest

from cluster.cli.main import main
from cluster.own_code.first_run import require_clean
from cluster.stores.places import at
from jobs.backtest.run import compute
from jobs.fan_out import in_process


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path


def init(capfd, *arguments):
    with pytest.raises(SystemExit) as end:
        main(["backtest", "init", *arguments])
    return end.value.code, *capfd.readouterr()


@pytest.mark.slow
def test_the_file_is_clean_runs_as_it_is_and_its_parameters_count(capfd, here, plan, lake):
    code, out, _ = init(capfd, "my-first_idea")
    assert code == 0
    assert "trii backtest run --strategy my-first_idea.py:MyFirstIdea" in out
    name, now = "my-first_idea.py:MyFirstIdea", datetime(2026, 1, 2, tzinfo=UTC)
    finals = set()
    for parameters in ({}, {"window": 20, "margin": 1.5}):
        chosen = plan(strategy=name, parameters=parameters)
        assert chosen.family == "my-first-idea"
        require_clean(name, chosen.parameters, reference=chosen.chosen.name,
                      source_hash=chosen.source_hash, library="test", results=at(here), now=now)  # fmt: skip
        outcome = compute(
            chosen, run_id=f"bt-{len(finals)}", results=at(here), lake=lake, fan_out=in_process,
            clock=lambda: now,
        )  # fmt: skip
        assert outcome.metrics["trades"] > 0
        finals.add(outcome.metrics["final_equity"])
    assert len(finals) == 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("idea", "idea.py is there already"),
        ("idea.py", "idea.py is there already"),
        ("my idea", "expected a name of letters"),
        ("1st", "expected a name of letters"),
        ("numpy", "name of an installed module"),
        ("absent/idea", "No such file or directory"),
    ],
)
def test_what_is_there_stays_and_bad_names_write_nothing(capfd, here, name, words):
    (here / "idea.py").write_text("mine\n")
    code, out, err = init(capfd, name)
    assert (code, out) == (2, "")
    assert words in err
    assert [one.name for one in here.iterdir()] == ["idea.py"]
    assert (here / "idea.py").read_text() == "mine\n"
