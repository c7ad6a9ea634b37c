"""What people read."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from cluster.notices.messages import Message
from cluster.notices.settings import Event

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
WHOLE = {"job": "sweep-1", "rows": 3, "schedule": "retention", "channel": "ops"}


@pytest.mark.parametrize("event", get_args(Event))
def test_every_event_has_a_title_that_says_what_it_is_about(event):
    title = Message("k", event, WHOLE, NOW).title
    assert any(str(value) in title for value in WHOLE.values())
    assert "\n" not in title


def test_the_text_has_a_line_for_each_value_the_time_and_the_key():
    message = Message("k-1", "job.failed", {"job": "a", "times": ["x", "y"], "by": {"r": 2}}, NOW)
    assert message.text.splitlines() == [
        "job: a", "times: x, y", "by: r: 2", "at: 2026-01-05T12:00:00+00:00", "delivery: k-1",
    ]  # fmt: skip
