"""What follows from a job's row and from what Ray says of it."""

import pytest

from cluster.queue.rules.job import RayJob
from cluster.queue.rules.steps import next_step
from tests.job_rows import make_job

HEAD = "Job entrypoint command failed with exit code 1, last available logs (truncated …):\n"


def seen(status, **changes):
    return RayJob("j-1", status, "python -m some.module", job_id="j-1", **changes)


def failed(code, log=""):
    return seen(
        "FAILED", error_type="JOB_ENTRYPOINT_COMMAND_ERROR", exit_code=code, message=HEAD + log
    )


@pytest.mark.parametrize(
    ("changes", "told", "action", "to"),
    [
        ({}, seen("RUNNING"), "nothing", None),
        ({"state": "submitting"}, seen("PENDING"), "nothing", None),
        ({"state": "submitting"}, seen("RUNNING"), "run", None),
        ({"state": "submitting"}, seen("SUCCEEDED"), "end", "succeeded"),
        ({"cancel_at": 1}, seen("RUNNING"), "stop", None),
        ({"cancel_at": 1}, seen("SUCCEEDED"), "end", "succeeded"),
        ({"cancel_at": 1}, None, "end", "cancelled"),
        ({}, seen("STOPPED"), "end", "cancelled"),
        ({}, None, "end", "failed"),
        ({"max_attempts": 3}, None, "end", "failed"),
        ({"resumable": True, "max_attempts": 3}, None, "again", "queued"),
        ({"resumable": True, "max_attempts": 3, "attempt": 3}, None, "end", "failed"),
        ({"state": "submitting", "submitted_at": None}, None, "submit", None),
        ({"state": "submitting", "submitted_at": None, "session": None}, None, "submit", None),
        ({"state": "submitting", "submitted_at": None, "session": "old"}, None, "end", "failed"),
        ({"max_attempts": 2}, failed(-9), "again", "queued"),
        ({"max_attempts": 2}, failed(143), "again", "queued"),
        ({"max_attempts": 2}, failed(1), "end", "failed"),
        ({"max_attempts": 2}, failed(-11), "end", "failed"),
        ({"max_attempts": 2, "cancel_at": 1}, failed(-9), "end", "cancelled"),
        (
            {"max_attempts": 2},
            seen("FAILED", error_type="JOB_SUPERVISOR_ACTOR_DIED", message="died"),
            "again",
            "queued",
        ),
        (
            {"max_attempts": 2},
            seen("FAILED", error_type="RUNTIME_ENV_SETUP_FAILURE", message="no pip"),
            "end",
            "failed",
        ),
    ],
)
def test_the_step(changes, told, action, to):
    step = next_step(make_job(**changes), told, session="s")
    assert (step.action, step.to) == (action, to)


@pytest.mark.parametrize(
    ("code", "log", "reason"),
    [
        (2, "bad\nno such universe\n", "bad input: no such universe"),
        (2, "error: no such universe\n", "bad input: no such universe"),
        (1, "2026 INFO job_manager.py x\nRunning entrypoint for job j-1: y\n", "exit status 1"),
        (3, "Traceback\nKeyError: 'x'\n\n", "exit status 3: KeyError: 'x'"),
        (1, "error: no bars\n12 rows read\n", "exit status 1: no bars"),
        (
            1,
            "error: once more\nTraceback (most recent call last):\n  File x, line 1\n    y\n"
            "ValueError: too few\nwhat was held back\nof standard output\n",
            "exit status 1: ValueError: too few",
        ),
        (1, "Traceback (most recent call last):\n  cut\n", "exit status 1: cut"),
    ],
)
def test_the_reason_is_the_exit_status_and_the_last_words(code, log, reason):
    assert next_step(make_job(), failed(code, log), session="s").reason == reason
