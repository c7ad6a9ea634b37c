"""`trii jobs` on a queue that nobody moves: documents, lines, exit statuses."""

import json
from datetime import UTC, datetime, timedelta

import pytest

import cluster.queue.cli.following
import cluster.queue.cli.top
from cluster.errors import BadInput
from cluster.queue import commands as queue
from cluster.queue import folder
from cluster.queue.cli.request import deadline

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def submit(trii, *options):
    code, out, err = trii("submit", "--detach", "--json", *options)
    assert code == 0, err
    return json.loads(out)["id"]


def test_a_job_is_submitted_with_its_options_and_shown(trii):
    first = submit(trii, "jobs.ingest", "--dataset", "sample")
    second = submit(
        trii, "--after", first, "--priority=high", "--cpus=2", "--memory=1.5", "--deadline=2h",
        "--max-attempts=4", "--idempotency-key=k", "jobs.backtest", "--strategy=sma-cross",
        "--universe=sample",
    )  # fmt: skip
    told = json.loads(trii("show", second, "--json")[1])
    assert told["arguments"] == ["--strategy=sma-cross", "--universe=sample"]
    assert (told["kind"], told["user_id"], told["pool"]) == ("backtest", "local", "batch")
    assert (told["priority"], told["cpus"], told["memory_bytes"]) == ("high", 2.0, 3 * 2**29)
    assert (told["max_attempts"], told["depends_on"], told["resumable"]) == (4, [first], True)
    assert told["deadline"] > told["created_at"]
    assert f"{second}  queued" in trii("show", second)[1]
    assert [one["id"] for one in json.loads(trii("list", "--json")[1])] == [second, first]
    assert "jobs.ingest" not in trii("list", "--state=failed")[1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["submit", "jobs.nothing"], "module jobs.nothing is not installed here"),
        (["submit", "--pool=gpu", "jobs.compact"], "pool='gpu' has no nodes here"),
        (["submit", "--cpus=0", "jobs.compact"], "cpus: Input should be greater than"),
        (["submit", "--cpus=nan", "jobs.compact"], "cpus"),
        (["submit", "--memory=nan", "jobs.compact"], "--memory: expected a finite number"),
        (["submit", "--memory=1e300", "jobs.compact"], "--memory: expected a finite number"),
        (["submit", "--memory=-1", "jobs.compact"], "memory_bytes"),
        (["submit", "--deadline=9999-12-31T23:59:59-12:00", "jobs.compact"], "deadline: expected"),
        (["submit", "--cpus=99", "jobs.compact"], "quota: local may use 32 CPUs"),
        (["submit", "--deadline=soon", "jobs.compact"], "--deadline: expected a time"),
        (["submit", "--deadline=2020-01-01T00:00:00Z", "jobs.compact"], "has passed"),
        (["submit", "--after=Nobody!", "jobs.compact"], "after"),
        (["submit", "--after=nobody", "jobs.compact"], "no job has the id 'nobody'"),
        (["submit", "--idempotency-key=a b", "jobs.compact"], "idempotency_key"),
        (["submit", "--max-attempts=0", "jobs.compact"], "max-attempts"),
        (["show", "nobody"], "no job has the id 'nobody'"),
        (["logs", "nobody"], "no job has the id 'nobody'"),
        (["cancel", "nobody"], "no job has the id 'nobody'"),
        (["retry", "nobody"], "no job has the id 'nobody'"),
    ],
)
def test_bad_input_is_one_line_and_status_2_and_nothing_is_queued(trii, arguments, says):
    code, out, err = trii(*arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
    assert json.loads(trii("list", "--json")[1]) == []


def test_a_key_used_for_another_request_is_status_1(trii):
    submit(trii, "--idempotency-key=k", "jobs.compact")
    code, _, err = trii("submit", "--detach", "--idempotency-key=k", "jobs.expire")
    assert code == 1
    assert "was used for another request" in err


def test_cancel_and_retry(trii):
    job = submit(trii, "jobs.compact")
    assert trii("cancel", job)[1] == f"{job} cancelled\n"
    assert trii("cancel", job)[0] == 1
    assert json.loads(trii("retry", job, "--json")[1])["state"] == "submitted"
    assert json.loads(trii("show", job, "--json")[1])["state"] == "queued"


def test_the_log_and_files_of_an_ended_job_are_there(trii, database):
    job = submit(trii, "jobs.compact")
    queue.cancel(database, job, now=NOW)
    folder.keep_log(database, job, 'one\nprogress: {"done": 1, "total": 4, "unit": "files"}\n')
    (folder.folder(database, job) / "result.csv").write_bytes(b"a,b\n")
    assert trii("logs", job)[1].startswith("one\n")
    code, out, _ = trii("logs", "-f", job)
    assert (code, out.splitlines()[0]) == (1, "one")
    told = json.loads(trii("show", job, "--json")[1])
    assert told["progress"]["share"] == 0.25
    assert [one["name"] for one in told["artifacts"]] == ["log.txt", "result.csv"]
    assert "1 of 4 files (25%)" in trii("show", job)[1]


def test_top_counts_and_says_that_nobody_moves_the_queue(trii):
    submit(trii, "jobs.compact")
    told = json.loads(trii("top", "--json")[1])
    assert told["moves"] is False
    assert [(s["user_id"], s["pool"], s["queued"]) for s in told["shares"]] == [
        ("local", "batch", 1)
    ]


def test_top_is_drawn_until_ctrl_c(trii, monkeypatch):
    def interrupt(_seconds):
        raise KeyboardInterrupt

    submit(trii, "jobs.compact")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(cluster.queue.cli.top, "sleep", interrupt)
    code, out, _ = trii("top")
    assert code == 0
    assert "nobody moves the queue" in out
    assert "8 jobs, 32 CPUs" in out


def test_ctrl_c_detaches_and_the_job_goes_on(trii, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(cluster.queue.cli.following, "follow", interrupt)
    code, _, err = trii("submit", "jobs.compact")
    (job,) = json.loads(trii("list", "--json")[1])
    assert (code, job["state"]) == (0, "queued")
    assert f"detached; {job['id']} goes on: trii jobs logs -f {job['id']}" in err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90m", NOW + timedelta(minutes=90)),
        ("1d", NOW + timedelta(days=1)),
        ("2026-01-05T14:00:00+01:00", NOW + timedelta(hours=1)),
    ],
)
def test_a_deadline_is_a_time_or_a_span(text, expected):
    assert deadline(text, now=NOW) == expected


@pytest.mark.parametrize("text", ["", "9", "-1h", "2026-01-06", "2026-01-06T10:00:00", "1w"])
def test_a_deadline_of_another_form_is_refused(text):
    with pytest.raises(BadInput, match="--deadline"):
        deadline(text, now=NOW)
