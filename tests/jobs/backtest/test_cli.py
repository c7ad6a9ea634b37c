"""`trii backtest`: bad input is one line, status 2, and nothing starts; results are read back."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from cluster.backtests.store import Backtest
from cluster.cli.main import main
from cluster.errors import NotFound
from cluster.queue import commands as queue
from cluster.settings import Settings
from jobs.backtest.cli import list as cli_list
from jobs.backtest.cli import queued
from jobs.backtest.cli import run as cli_run
from jobs.backtest.cli import show as cli_show

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ON_CLUSTER = ("--strategy=sma-cross", "--universe=synthetic", "--on=cluster")
METRICS = {
    "first_session": "2018-01-01", "last_session": "2019-12-31", "initial_equity": 1e6,
    "final_equity": 1.1e6, "total_return": 0.1, "cagr": 0.05, "sharpe": None,
    "max_drawdown": -0.2, "trades": 12, "open_trades": 1, "costs": 34.5,
    "baseline": {
        "total_return": 0.2, "cagr": 0.1, "sharpe": 1.0, "max_drawdown": -0.3,
        "lead": {"mean": -0.05, "lower": -0.1, "upper": -0.01, "confidence": 0.95,
                 "standing": "behind"},
    },
}  # fmt: skip


@pytest.fixture
def started(lake, tmp_path, monkeypatch):
    """A platform of paper: the real lake, and a list of what was submitted."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "lake").symlink_to(lake.root)
    submitted = []

    def submit(settings, request, *, user_id, now, job_id):
        submitted.append((job_id, user_id, request))

    for module in (cli_run, cli_list, cli_show):
        monkeypatch.setattr(module, "running_settings", lambda: Settings(home=home))
    monkeypatch.setattr(queue, "submit", submit)
    return submitted


def trii(capsys, *arguments):
    with pytest.raises(SystemExit) as info:
        main(["backtest", *arguments])
    return info.value.code, *capsys.readouterr()


def row(state="done", **changes):
    fields = {
        "id": "bt-1", "state": state, "definition": "0" * 64,
        "request": {"strategy": "sma-cross", "universe": "synthetic", "mode": "next-open"},
        "metrics": METRICS if state == "done" else None,
        "result_path": "/results/bt-1" if state == "done" else None,
        "error": None, "user_id": None, "created_at": NOW, "finished_at": NOW + timedelta(1),
    }  # fmt: skip
    return Backtest(**{**fields, **changes})


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--strategy=sma-cros", "--universe=synthetic"], "did you mean 'sma-cross'?"),
        (["--strategy=sma-cross", "--universe=nasdaq"], "universe 'nasdaq' is unknown"),
        (["--strategy=sma-cross", "--universe=synthetic", "--param=fast=3"], "from 5 to 60"),
        (["--strategy=sma-cross", "--universe=synthetic", "--param=fast"], "NAME=VALUE"),
        (["--strategy=sma-cross", "--universe=synthetic", "--start=2030-01-01"], "it has 2018-01"),
        (["--strategy=sma-cross", "--universe=synthetic", "--start=soon"], "such as 2020-01-31"),
        (["--strategy=sma-cross", "--universe=sample", "--mode=next-open"], "mode total-return"),
        (["--strategy=donchian-breakout", "--universe=sample"], "strategy close-breakout"),
        (["--strategy=sma-cross", "--universe=synthetic", "--family=My Ideas"], "family: "),
        (["--strategy=sma-cross", "--universe=synthetic", "--mode=magic"], "'total-return'"),
        (["--strategy=sma-cross", "--universe=synthetic", "--initial-cash=lots"], "decimal"),
        (["--strategy=sma-cross"], "expected a universe such as sample, members, or both"),
        (["--strategy=sma-cross", "--members=/no.txt"], "can't be read: No such file"),
        (["--strategy=sma-cross", "--universe=synthetic", "--on=here", "--detach"], "leave out"),
    ],
)
def test_bad_input_is_one_line_and_starts_nothing(capsys, started, options, says):
    code, out, err = trii(capsys, "run", *options)
    assert (code, out, started) == (2, "", [])
    assert says in err
    assert err.count("\n") == 1


def test_a_good_run_is_submitted_to_the_batch_pool_with_its_whole_request(capsys, started):
    options = ["--strategy=sma-cross", "--universe=sample", "--param=fast=10", "--family=crossings"]
    options += ["--detach", "--json"]
    code, out, _ = trii(capsys, "run", *options)
    ((job_id, user, request),) = started
    assert code == 0
    assert json.loads(out) == {"id": job_id, "state": "running"}
    assert (user, request.module, request.pool) == ("local", "jobs.backtest", "batch")
    asked = {"--param=fast=10", "--family=crossings", "--id={submission_id}"}
    assert asked <= set(request.arguments)


def test_a_file_of_members_reaches_the_job_as_its_members(capsys, started, tmp_path):
    path = tmp_path / "members.txt"
    path.write_text("SYN002\nsynthetic:SYN001  # both\n")
    options = ["--strategy=sma-cross", "--universe=synthetic", f"--members={path}", "--detach"]
    code, _, err = trii(capsys, "run", *options)
    assert (code, err) == (0, "")
    ((_, _, request),) = started
    asked = {"--universe=synthetic", "--members=SYN002,synthetic:SYN001"}
    assert asked <= set(request.arguments)


def ended(state, reason="", attempt=1, submission_id="bt-1"):
    return SimpleNamespace(state=state, reason=reason, attempt=attempt, submission_id=submission_id)


def follow_with(monkeypatch, outcome, found):
    def follow(settings, job_id, *, on_log, on_change):
        on_log('progress: {"done": 1, "total": 3, "unit": "shards"}')
        return outcome

    monkeypatch.setattr(queued, "follow", follow)
    monkeypatch.setattr(queued, "fetch", lambda settings, run_id: found)


def test_a_run_waits_and_prints_key_figures_and_the_report(capsys, started, monkeypatch):
    follow_with(monkeypatch, ended("succeeded"), row())
    code, out, _ = trii(capsys, "run", *ON_CLUSTER)
    assert code == 0
    assert "1,100,000.00 from 1,000,000.00" in out
    assert "undefined (buy and hold 1.00)" in out
    assert (
        "-5.00 % a year against buy and hold, 95% interval -10.00 to -1.00: it falls short" in out
    )
    assert "/results/bt-1/report.html" in out


def test_a_failed_run_is_one_line_and_status_1(capsys, started, monkeypatch):
    follow_with(monkeypatch, ended("failed", "exit 1"), row("failed", error="disk full"))
    code, out, err = trii(capsys, "run", *ON_CLUSTER)
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].endswith("failed: disk full")


def test_a_run_of_a_second_attempt_is_the_one_that_is_printed(capsys, started, monkeypatch):
    asked = []
    follow_with(monkeypatch, ended("succeeded", attempt=2, submission_id="bt-1-2"), row())
    found = queued.fetch
    monkeypatch.setattr(queued, "fetch", lambda s, one: asked.append(one) or found(s, one))
    code, _, _ = trii(capsys, "run", *ON_CLUSTER)
    assert (code, asked) == (0, ["bt-1-2"])


def nobody(settings, job_id):
    raise NotFound("no such job")


def test_a_run_whose_job_waits_says_why(capsys, started, monkeypatch):
    why = "backtest bt-2 has not begun: its job is queued: quota: local runs 8 of 8 jobs"
    waits = SimpleNamespace(state="queued", reason="quota: local runs 8 of 8 jobs")
    monkeypatch.setattr(queue, "get", lambda settings, job_id: waits)
    assert cli_show.why_absent(None, "bt-2") == why


def test_show_and_list_print_documents_and_tables(capsys, started, monkeypatch):
    class Nothing:
        def __enter__(self):
            return None

        def __exit__(self, *_):
            return None

    rows = [row("running", finished_at=None), row()]
    for module in (cli_list, cli_show):
        monkeypatch.setattr(module, "connect", lambda *_: Nothing())
    monkeypatch.setattr(cli_list, "list_backtests", lambda connection, limit: rows[:limit])
    monkeypatch.setattr(cli_show, "get_backtest", lambda connection, run_id: None)
    code, out, _ = trii(capsys, "list", "--json")
    assert (code, len(json.loads(out))) == (0, 2)
    code, out, _ = trii(capsys, "list")
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [
        ["bt-1", "running"],
        ["bt-1", "done"],
    ]
    monkeypatch.setattr(queue, "get", nobody)
    code, _, err = trii(capsys, "show", "bt-2")
    assert (code, err) == (
        2,
        "trii: no backtest has the id 'bt-2'; `trii backtest list` shows them\n",
    )
