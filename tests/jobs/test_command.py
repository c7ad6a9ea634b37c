"""Every module of a job ends by one contract: 0 done, 1 failed, 2 bad input, one line that says why."""

from importlib import import_module

import pytest

from cluster.errors import BadInput, NotFound, PlatformError, TriiError
from jobs.command import command, counting, print_outcome
from market.errors import BadParameter, DataNotFit

MODULES = (
    *("jobs.backtest.__main__", "jobs.ingest.__main__", "jobs.score.__main__"),
    *("jobs.sweep.__main__", "jobs.train.__main__"),
    *("jobs.check_freshness", "jobs.compact", "jobs.expire"),
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadInput("no such universe"), 2),
        (NotFound("no such model"), 2),
        (BadParameter("fast=3: expected 5 to 60"), 2),
        (DataNotFit("closes only"), 2),
        (TriiError("away"), 1),
        (PlatformError("no Ray cluster"), 1),
        (OSError("no space\nleft on device"), 1),
    ],
)
def test_a_failure_is_one_line_and_its_status(capsys, error, status):
    @command
    def main():
        raise error

    assert main() == status
    line = " ".join(str(error).split())
    assert capsys.readouterr() == ("", f"error: {line}\n")


def test_what_is_done_keeps_its_own_status():
    assert [command(int)(status) for status in (0, 1)] == [0, 1]


def test_a_fault_of_ours_is_not_hidden():
    @command
    def main():
        raise KeyError("x")

    with pytest.raises(KeyError):
        main()


@pytest.mark.parametrize("module", MODULES)
def test_every_module_ends_by_the_contract(module):
    assert import_module(module).main.__wrapped__.__module__ == module


def test_the_outcome_stands_alone_on_standard_output(capsys):
    counting("shards")(1, 3)
    print_outcome({"id": "x"}, "unread", as_json=True)
    print_outcome({}, "two\nlines", as_json=False)
    out, err = capsys.readouterr()
    assert out == '{"id":"x"}\ntwo\nlines\n'
    assert err == 'progress: {"done":1,"total":3,"unit":"shards"}\n'
