"""`trii schedule` and `trii notify`: documents, lines, exit statuses, and no secret in any of them."""

import json

import pytest

import cluster.cli.identity
from cluster.cli.main import main
from cluster.clock import utc_now
from cluster.notices import outbox
from cluster.notices.delivery import deliver
from cluster.notices.settings import Channel
from cluster.stores.postgres import connect
from tests.servers import free_port

ADDRESS = "gotify://127.0.0.1:{port}/t0p-s3cret-token"


@pytest.fixture
def settings(database):
    with connect(database, "owner") as connection:
        connection.execute(
            "TRUNCATE schedules, schedule_runs, notices, deliveries, jobs, job_attempts, leases, "
            "procrastinate_jobs CASCADE"
        )
    channel = Channel(url=ADDRESS.format(port=free_port()), events=("job.failed",))
    return database.model_copy(update={"notify_channels": {"ops": channel}})


@pytest.fixture
def trii(capsys, settings, monkeypatch):
    """Run a command; gives status, output, errors. None may hold a secret."""
    monkeypatch.setattr(cluster.cli.identity, "running_settings", lambda: settings)

    def run(*arguments):
        capsys.readouterr()  # what setting up has logged
        with pytest.raises(SystemExit) as info:
            main(list(arguments))
        out, err = capsys.readouterr()
        assert "t0p-s3cret" not in out + err
        return info.value.code, out, err

    return run


@pytest.fixture
def dead(settings):
    """A notice whose one delivery is dead: its channel was away until then."""
    with connect(settings, "serve") as connection:
        key = outbox.notify(connection, "job.failed", {"job": "a"}, now=utc_now())
        outbox.route(connection, settings, now=utc_now())
    deliver(settings.model_copy(update={"notify_channels": {}}), key, "ops", clock=utc_now)
    return key


def test_the_list_says_when_each_runs_next_and_that_nothing_moves(trii):
    code, out, err = trii("schedule", "list")
    assert code == 0
    assert "30 min after the close of 24/7" in out
    assert "no planner runs" in err
    code, out, _ = trii("schedule", "list", "--json")
    document = json.loads(out)
    assert document["moves"] is False
    assert {one["name"]: one["missed"] for one in document["schedules"]} == {
        "ingest-synthetic": "newest",
        "freshness-check": "skip",
        "compaction": "newest",
        "retention": "newest",
    }


def test_a_schedule_is_paused_and_resumed(trii):
    assert trii("schedule", "pause", "retention")[:2] == (0, "retention is paused\n")
    assert trii("schedule", "pause", "retention")[1] == "retention was paused already\n"
    (row,) = [line for line in trii("schedule", "list")[1].splitlines() if "retention" in line]
    assert "paused" in row
    assert json.loads(trii("schedule", "resume", "retention", "--json")[1])["changed"] is True
    assert trii("schedule", "resume", "retention")[1] == "retention was on already\n"


def test_run_submits_the_job_and_names_it(trii):
    code, out, _ = trii("schedule", "run", "compaction", "--json")
    job = json.loads(out)["job"]
    assert code == 0
    assert json.loads(trii("jobs", "show", job, "--json")[1])["module"] == "jobs.compact"


@pytest.mark.parametrize("command", ["pause", "resume", "run"])
def test_an_unknown_schedule_is_bad_input(trii, command):
    code, _, err = trii("schedule", command, "nightly")
    assert code == 2
    assert "expected one of" in err


def test_channels_show_their_kind_and_events_and_no_address(trii):
    assert json.loads(trii("notify", "channels", "--json")[1]) == [
        {"channel": "ops", "kind": "gotify", "events": ["job.failed"]}
    ]
    assert "gotify" in trii("notify", "channels")[1]


def test_dead_letters_are_seen_and_tried_again(trii, dead):
    (row,) = json.loads(trii("notify", "list", "--state", "dead", "--json")[1])
    assert (row["notice_id"], row["channel"], row["state"]) == (dead, "ops", "dead")
    assert "no channel" in trii("notify", "list")[1]
    assert trii("notify", "retry", dead)[:2] == (0, "trying again: ops\n")
    assert json.loads(trii("notify", "list", "--json")[1])[0]["state"] == "pending"
    code, _, err = trii("notify", "retry", dead)
    assert code == 2
    assert "no dead delivery" in err


def test_a_test_that_does_not_arrive_is_exit_status_1(trii):
    code, _, err = trii("notify", "test", "ops")
    assert code == 1
    assert "did not take the message" in err


def test_a_test_of_an_unknown_channel_names_those_there_are(trii):
    code, _, err = trii("notify", "test", "slack")
    assert code == 1
    assert "there are: ops" in err
