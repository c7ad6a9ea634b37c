"""`trii jobs submit jobs.NAME`: what the module or the lake would refuse is refused before it is queued."""

import json

import pytest


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("jobs.backtest --strategy sma-cross --universe nope", "universe 'nope' is unknown"),
        ("jobs.backtest --universe synthetic", "required: --strategy"),
        ("jobs.backtest --strategy sma-crss --universe synthetic", "did you mean 'sma-cross'?"),
        ("jobs.backtest --strategy sma-cross --universe synthetic --fast 3", "--fast 3"),
        ("jobs.backtest --strategy sma-cross --universe synthetic --param fast=1", "fast=1"),
        ("jobs.backtest --strategy x.py:X --universe synthetic", "its bundle alone"),
        ("jobs.backtest --strategy nopackage.x:X --universe synthetic", "is not installed here"),
        ("jobs.score --model volatility-regime --universe nope", "universe 'nope' is unknown"),
        ("jobs.score --model volatility-regime --symbols NOPE", "unknown symbol 'NOPE'"),
        ("jobs.train --universe nope", "universe 'nope' is unknown"),
        ("jobs.train --hidden 0", "hidden"),
        ("jobs.sweep --universe nope", "universe 'nope' is unknown"),
        ("jobs.sweep --trials many", "trials"),
        ("jobs.ingest --dataset nope", "dataset: unknown"),
        ("jobs.ingest --since 2026-01-02", "--provider --dataset is required"),
    ],
)
def test_what_could_only_fail_is_one_line_and_status_2(trii, lake_home, words, says):
    status, out, err = trii("submit", "--detach", *words.split())
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert says in err
    assert json.loads(trii("list", "--json")[1]) == []


@pytest.mark.parametrize(
    "words",
    [
        "jobs.backtest --id={submission_id} --strategy sma-cross --universe synthetic --local",
        "jobs.score --id={submission_id} --model volatility-regime --universe sample",
        "jobs.train --universe sample --no-promote",
        "jobs.sweep --trials 2",
        "jobs.ingest --provider my.own:Provider --symbols A,B",
        "jobs.ingest --dataset sample",
    ],
)
def test_what_the_module_takes_is_queued_as_it_was_written(trii, lake_home, words):
    status, _, err = trii("submit", "--detach", *words.split())
    assert status == 0, err
    (job,) = json.loads(trii("list", "--json")[1])
    assert [job["module"], *job["arguments"]] == words.split()


def test_what_waits_for_another_job_may_need_what_that_brings(trii, lake_home):
    words = ("jobs.backtest", "--strategy=sma-cross", "--universe=mine")
    assert trii("submit", "--detach", *words)[0] == 2
    first = json.loads(trii("submit", "--detach", "--json", "jobs.compact")[1])["id"]
    assert trii("submit", "--detach", "--after", first, *words)[0] == 0


def test_all_that_stands_behind_the_module_is_the_modules(trii):
    words = ("jobs.compact", "--json", "--priority", "high", "--", "--help", "-x", "--detach")
    assert trii("submit", "--detach", *words)[:2] == (0, "")
    (job,) = json.loads(trii("list", "--json")[1])
    assert (job["arguments"], job["priority"]) == (list(words[1:]), "normal")


def test_an_option_astray_is_told_where_it_stands(trii, lake_home):
    words = ("jobs.backtest", "--strategy=sma-cross", "--universe=synthetic")
    status, _, err = trii("submit", *words, "--priority", "high")
    assert (status, json.loads(trii("list", "--json")[1])) == (2, [])
    assert "if it is meant for submit, --priority stands before jobs.backtest" in err
    assert trii("submit", "--priority", "high", "--detach", *words)[0] == 0
    status, _, err = trii("submit", "--detach", "--prioritty=high", *words)
    assert (status, "Possible options: --priority" in err or "--priority" in err) == (2, True)


def test_the_help_of_a_module_is_its_own(trii):
    status, out, _ = trii("submit", "jobs.backtest", "--help")
    assert (status, "--strategy" in out, "--priority" in out) == (0, True, False)
