"""Notices stand or fall with what caused them, and are delivered until they have arrived or are dead."""

from datetime import UTC, datetime, timedelta

import pytest

import cluster.notices.delivery
from cluster.errors import NotFound
from cluster.notices import commands, outbox
from cluster.notices.delivery import WAITS_S, TryAgain, deliver
from cluster.notices.errors import Undeliverable
from cluster.notices.settings import Channel
from cluster.queue import commands as queue
from cluster.queue import folder
from cluster.queue import store as job_store
from cluster.requests.job import JobRequest
from cluster.stores.postgres import connect
from tests.cluster.notices.conftest import SECRET

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def clock():
    return NOW


@pytest.fixture
def clean(database):
    with connect(database, "owner") as connection:
        connection.execute(
            "TRUNCATE notices, deliveries, jobs, job_attempts, procrastinate_jobs CASCADE"
        )
    return database


@pytest.fixture
def told(clean, hook_channel, mail_channel):
    """Settings with two channels: everything by webhook, quarantined rows by mail as well."""
    mail = mail_channel.model_copy(update={"events": ("ingest.quarantined",)})
    channels = {"hook": hook_channel, "mail": mail}
    return clean.model_copy(update={"notify_channels": channels, "notify_private_hosts": True})


@pytest.fixture
def route(told):
    """Enter the deliveries of what was written."""

    def enter(settings=told):
        with connect(settings, "serve") as connection:
            return outbox.route(connection, settings, now=NOW)

    return enter


@pytest.fixture
def notice(told):
    with connect(told, "serve") as connection:
        return outbox.notify(connection, "job.failed", {"job": "a", "reason": "x"}, now=NOW)


def deliveries(settings):
    return {one.channel: one for one in commands.list_deliveries(settings)}


def tasks(settings):
    with connect(settings, "owner") as connection:
        found = connection.execute(
            "SELECT args FROM procrastinate_jobs WHERE task_name = 'deliver'"
        )
        return [row["args"] for row in found]


def fail_job(settings, module, log=""):
    """A job that ends in failure the way the loop ends it."""
    job = queue.submit(settings, JobRequest(module=module), user_id="ada", now=NOW)
    folder.keep_log(settings, job.id, log) if log else None
    with connect(settings, "serve") as connection:
        assert job_store.move(connection, job, "failed", now=NOW, reason="exit status 1")
    return job


def test_a_notice_is_told_to_the_channels_that_want_it_and_has_a_task_each(told, notice, route):
    assert route() == 1
    assert list(deliveries(told)) == ["hook"]
    assert tasks(told) == [{"notice_id": notice, "channel": "hook"}]
    assert route() == 0


def test_a_notice_for_one_channel_goes_there_alone(told, route):
    with connect(told, "serve") as connection:
        outbox.notify(connection, "job.failed", {"job": "a"}, now=NOW, channel="mail")
    route()
    assert list(deliveries(told)) == ["mail"]


def test_what_is_rolled_back_is_never_told(told, route):
    with connect(told, "serve") as connection:
        outbox.notify(connection, "job.failed", {"job": "a"}, now=NOW)
        connection.rollback()
    assert route() == 0


def test_deliveries_and_their_tasks_are_entered_together_or_not_at_all(
    told, notice, route, monkeypatch
):
    monkeypatch.setattr(outbox, "defer", _die)
    with pytest.raises(SystemExit):
        route()
    monkeypatch.undo()
    assert (deliveries(told), tasks(told)) == ({}, [])
    assert route() == 1


def test_a_job_that_fails_is_told_whoever_moved_it(told, route, hooks):
    job = fail_job(told, "jobs.sweep")
    route()
    (one,) = commands.list_deliveries(told)
    assert one.event == "job.failed"
    assert one.payload == {
        "job": job.id, "kind": "sweep", "user": "ada", "reason": "exit status 1",
    }  # fmt: skip


def test_a_job_that_is_moved_and_rolled_back_is_not_told(told, route):
    job = queue.submit(told, JobRequest(module="jobs.sweep"), user_id="ada", now=NOW)
    with connect(told, "serve") as connection:
        job_store.move(connection, job, "failed", now=NOW)
        connection.rollback()
    assert route() == 0


def test_an_ingest_that_refused_rows_is_told_apart_from_one_that_failed(told, route):
    fail_job(
        told, "jobs.ingest", "mine: 3 instruments\n    refused 1,200: price is zero\n  snapshot x\n"
    )
    fail_job(told, "jobs.ingest", "error: the provider is away")
    route()
    found = {
        one.event: one.payload for one in commands.list_deliveries(told) if one.channel == "hook"
    }
    assert found["ingest.quarantined"]["rows"] == 1200
    assert found["ingest.quarantined"]["reasons"] == {"price is zero": 1200}
    assert "rows" not in found["ingest.failed"]
    assert [one.event for one in commands.list_deliveries(told) if one.channel == "mail"] == [
        "ingest.quarantined"
    ]


def test_a_delivery_that_arrived_is_not_sent_again(told, notice, route, hooks):
    route()
    deliver(told, notice, "hook", clock=clock)
    deliver(told, notice, "hook", clock=clock)
    assert hooks.keys == [notice]
    assert deliveries(told)["hook"].state == "sent"


def test_a_delivery_is_tried_again_with_the_same_key_and_longer_waits(told, notice, route, hooks):
    route()
    hooks.script = [500, 503]
    waits = []
    for _ in range(2):
        with pytest.raises(TryAgain) as info:
            deliver(told, notice, "hook", clock=clock)
        waits.append(info.value.wait_s)
    deliver(told, notice, "hook", clock=clock)
    assert hooks.keys == [notice] * 3
    assert waits == list(WAITS_S[:2])
    assert {body for _, body in hooks.seen} == {hooks.seen[0][1]}
    assert (deliveries(told)["hook"].state, deliveries(told)["hook"].attempts) == ("sent", 3)


def test_after_the_last_attempt_it_is_dead_and_can_be_tried_again_by_hand(
    told, notice, route, hooks
):
    route()
    hooks.script = [500] * (len(WAITS_S) + 1)
    for _ in WAITS_S:
        with pytest.raises(TryAgain):
            deliver(told, notice, "hook", clock=clock)
    deliver(told, notice, "hook", clock=clock)
    (dead,) = commands.list_deliveries(told, states=["dead"])
    assert (dead.notice_id, dead.error) == (notice, "the webhook answered 500")
    assert commands.retry(told, notice) == ["hook"]
    deliver(told, notice, "hook", clock=clock)
    assert deliveries(told)["hook"].state == "sent"
    assert set(hooks.keys) == {notice}


def test_what_is_final_is_dead_at_once(told, notice, route, hooks):
    route()
    hooks.script = [410]
    deliver(told, notice, "hook", clock=clock)
    assert deliveries(told)["hook"].state == "dead"
    assert len(hooks.seen) == 1


def test_a_channel_that_was_taken_away_is_a_dead_letter_that_says_so(told, notice, route):
    route()
    without = told.model_copy(update={"notify_channels": {}})
    deliver(without, notice, "hook", clock=clock)
    assert "no channel 'hook'" in deliveries(told)["hook"].error


def test_only_a_dead_delivery_can_be_retried(told, notice, route):
    route()
    for unknown in (notice, "no-such-id"):
        with pytest.raises(NotFound, match="no dead delivery"):
            commands.retry(told, unknown)


def test_a_fault_inside_is_tried_again_and_its_text_is_not_kept(told, notice, route, monkeypatch):
    route()
    monkeypatch.setattr(cluster.notices.delivery, "send", _leak)
    with pytest.raises(TryAgain):
        deliver(told, notice, "hook", clock=clock)
    assert deliveries(told)["hook"].error == "unexpected RuntimeError"


def test_a_notice_without_any_channel_is_done_with(clean, notice, route):
    assert route(clean) == 1
    assert commands.list_deliveries(clean) == []


def test_a_test_is_sent_at_once_or_says_why_not(told, hooks):
    commands.test(told, "hook", clock=clock)
    assert len(hooks.seen) == 1
    with pytest.raises(Undeliverable, match="hook, mail"):
        commands.test(told, "slack", clock=clock)


def test_no_secret_is_in_the_logs_or_rows_of_a_failing_delivery(clean, hooks, capfd, caplog):
    caplog.set_level("DEBUG")
    channel = Channel(url=hooks.url, secret=SECRET)
    settings = clean.model_copy(update={"notify_channels": {"hook": channel}})
    with connect(settings, "serve") as connection:
        outbox.notify(connection, "job.failed", {"job": "a"}, now=NOW - timedelta(days=1))
        outbox.route(connection, settings, now=NOW)
    (one,) = commands.list_deliveries(settings)
    deliver(settings, one.notice_id, "hook", clock=clock)
    (dead,) = commands.list_deliveries(settings, states=["dead"])
    said = [*capfd.readouterr(), caplog.text, dead.error]
    for secret in ("t0p-s3cret-path", SECRET):
        assert secret not in "".join(said)


def _die(*_, **__):
    raise SystemExit


def _leak(*_, **__):
    raise RuntimeError("https://t0p-s3cret")
