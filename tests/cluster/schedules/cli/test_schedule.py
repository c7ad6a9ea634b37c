"""`trii schedule`: documents, lines, exit statuses."""

import json

import pytest


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
