"""A task's result travels as bytes, and its failure as one line."""

from types import SimpleNamespace

import pytest

from cluster.errors import BadInput, StoreError
from jobs.fan_out import TaskFailed, in_process, packed, run_row, unpacked
from market.errors import DataNotFit


def halve(number):
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number // 2


def test_a_result_comes_back_as_it_is_here():
    tasks = [2, 8, 4]
    assert [unpacked(run_row(halve, packed(task))) for task in tasks] == [1, 4, 2]
    assert list(in_process(halve, tasks)) == [1, 4, 2]


@pytest.mark.parametrize(
    ("error", "line", "kind"),
    [
        (StoreError("the lake is away"), "the lake is away", TaskFailed),
        (DataNotFit("closes only"), "closes only", BadInput),
        (OSError("no space left"), "OSError: no space left", TaskFailed),
    ],
)
def test_a_failure_comes_back_as_one_line_that_says_what_it_was(capsys, error, line, kind):
    def fails(task):
        raise error

    row = run_row(fails, packed(1))
    assert "Traceback" in capsys.readouterr().err
    with pytest.raises(kind) as info:
        unpacked(row)
    assert str(info.value) == line


def test_a_failure_says_which_instruments_its_task_had():
    def fails(task):
        raise OSError("no space left")

    for ids, said in ((("A", "B", "C"), "A and 2 more"), (("A",), "A")):
        row = run_row(fails, packed(SimpleNamespace(instrument_ids=ids)))
        with pytest.raises(TaskFailed, match=f"^{said}: OSError: no space left$"):
            unpacked(row)
