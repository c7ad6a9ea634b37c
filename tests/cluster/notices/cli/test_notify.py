"""`trii notify`: documents, lines, exit statuses, and no secret in any of them."""

import json

import pytest

from cluster.clock import utc_now
from cluster.laptop import identity
from cluster.notices import outbox
from cluster.notices.delivery import deliver
from cluster.stores.postgres import connect


@pytest.fixture
def dead(settings):
    """A notice whose one delivery is dead: its channel was away until then."""
    with connect(settings, "serve") as connection:
        key = outbox.notify(connection, "job.failed", {"job": "a"}, now=utc_now())
        outbox.route(connection, settings, now=utc_now())
    deliver(settings.model_copy(update={"notify_channels": {}}), key, "ops", clock=utc_now)
    return key


def test_channels_show_their_kind_and_events_and_no_address(trii):
    assert json.loads(trii("notify", "channels", "--json")[1]) == [
        {"channel": "ops", "kind": "gotify", "events": ["job.failed"]}
    ]
    assert "gotify" in trii("notify", "channels")[1]


def test_what_is_tried_again_is_told_as_a_document(trii, dead):
    told = json.loads(trii("notify", "retry", dead, "--json")[1])
    assert told == {"notice_id": dead, "channels": ["ops"]}


def test_a_test_that_arrives_is_told_as_a_line_and_as_a_document(
    trii, settings, hooks, hook_channel, monkeypatch
):
    told = settings.model_copy(
        update={"notify_channels": {"hook": hook_channel}, "notify_private_hosts": True}
    )
    monkeypatch.setattr(identity, "running_settings", lambda: told)
    assert json.loads(trii("notify", "test", "hook", "--json")[1]) == {
        "channel": "hook", "sent": True,
    }  # fmt: skip
    assert trii("notify", "test", "hook")[1] == "hook: sent\n"
    assert len(hooks.seen) == 2


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
