"""`trii pipeline run` enters a training into the queue, or says what is wrong with it."""

import json
from functools import partial

import pytest

from cluster.queue import commands as queue


@pytest.fixture
def trii(on_queue):
    """Run the command on a queue that nobody moves; gives status, output, errors."""
    return partial(on_queue, "pipeline", "run")


def test_what_is_left_out_is_the_requests_own_choice(trii, queued):
    code, out, err = trii("--detach", "--json")
    assert code == 0, err
    made = queue.get(queued, json.loads(out)["id"])
    assert (made.kind, made.module, made.resumable) == ("train", "jobs.train", False)
    assert made.arguments == [
        *("--model=volatility-regime", "--promote", "--hidden=64,32", "--learning-rate=0.003"),
        *("--weight-decay=1.0", "--epochs=8"),
    ]
    assert (made.pool, made.cpus) == ("batch", 1.0)


def test_every_option_reaches_the_job(trii, queued):
    code, _, err = trii(
        *("--detach", "--hidden", "16,8", "--learning-rate", "1e-3", "--weight-decay=0"),
        *("--epochs=3", "--seed=11", "--universe=sample", "--no-promote"),
    )
    assert (code, err.startswith("submitted train-")) == (0, True)
    (made,) = queue.list_jobs(queued)
    assert made.arguments[1:] == [
        *("--universe=sample", "--seed=11", "--no-promote", "--hidden=16,8"),
        *("--learning-rate=0.001", "--weight-decay=0.0", "--epochs=3"),
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--hidden=0", "--epochs=x"], ["hidden.0", "epochs: Input should be a valid integer"]),
        (["--learning-rate=nan"], ["learning_rate: Input should be a valid number"]),
        (["--model=prophet"], ["expected volatility-regime, the only one"]),
        (["--colour"], ["No such option"]),
    ],
)
def test_bad_input_is_one_line_and_status_2_and_nothing_is_queued(trii, queued, arguments, says):
    code, out, err = trii(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert all(one in err for one in says)
    assert queue.list_jobs(queued) == []
