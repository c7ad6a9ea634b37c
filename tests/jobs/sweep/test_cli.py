"""`trii sweep run` enters a sweep into the queue with all that was chosen, or says what is wrong."""

import json
from functools import partial

import pytest

from cluster.queue import commands as queue


@pytest.fixture
def trii(on_queue):
    """Run the command on a queue that nobody moves; gives status, output, errors."""
    return partial(on_queue, "sweep", "run")


def test_every_option_reaches_the_job_and_the_space_travels_with_it(trii, queued, tmp_path):
    space = tmp_path / "space.yaml"
    space.write_text("hidden: [[8]]\nlearning_rate: {low: 1e-4, high: 1e-2, log: true}\n")
    code, out, err = trii(
        *("--detach", "--json", "--space", str(space), "--trials=5", "--seed=11"),
        *("--budget-s=90", "--universe=sample", "--no-promote"),
    )
    assert code == 0, err
    made = queue.get(queued, json.loads(out)["id"])
    assert made.arguments == [
        *("--model=volatility-regime", "--universe=sample", "--seed=11", "--no-promote"),
        '--space={"hidden":[[8]],"learning_rate":{"low":0.0001,"high":0.01,"log":true},'
        '"weight_decay":[1.0],"epochs":[8]}',
        *("--trials=5", "--budget-s=90"),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "space: empty: expected at least one of hidden"),
        ("rate: 0.1", "space: unknown rate: expected hidden"),
        ("epochs: [1, 2", "space.yaml, line 1: "),
        ("epochs: 0", "space.epochs.values.0: "),
    ],
)
def test_a_wrong_space_is_one_line_and_status_2_and_nothing_is_queued(
    trii, queued, tmp_path, text, says
):
    space = tmp_path / "space.yaml"
    space.write_text(text)
    code, out, err = trii("--space", str(space))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err
    assert queue.list_jobs(queued) == []
