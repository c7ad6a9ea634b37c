"""What a backtest says while its shards run: something true, from its first second to its last."""

import pytest

from cluster.queue.progress import parse, readable
from cluster.stores.places import at
from jobs.backtest import __main__ as command
from jobs.backtest import shard, underway
from jobs.backtest.shard import describe, run_shard
from tests import waiting


@pytest.fixture
def told(capsys):
    def lines():
        return [readable(line) for line in capsys.readouterr().err.splitlines() if parse(line)]

    return lines


def test_who_waits_hears_of_the_worker_of_the_running_shards_and_of_those_that_are_done(
    plan, lake, tmp_path, told, monkeypatch
):
    monkeypatch.setattr(underway, "_LOOK_S", 3600)
    first, second, third = describe(plan(), lake=lake, folder=at(tmp_path))
    with underway.following(at(tmp_path), 3, idle="waiting for a worker") as count:
        assert told() == ["0 of 3 shards: waiting for a worker"]
        with shard._marked(first), shard._marked(second):
            count(0)
            assert told() == ["0 of 3 shards: 2 running"]
        count(2)
        with shard._marked(third):
            count(2)
        count(3)
    assert told() == [
        "2 of 3 shards: waiting for a worker",
        "2 of 3 shards: 1 running",
        "3 of 3 shards: putting them together",
    ]


async def test_what_a_shard_begins_is_heard_while_nobody_counts(plan, lake, tmp_path, told):
    heard = []

    def hears():
        heard.extend(told())
        return heard[-1:] == ["0 of 3 shards: 1 running"]

    first, *_ = describe(plan(), lake=lake, folder=at(tmp_path))
    with underway.following(at(tmp_path), 3, idle="starting"), shard._marked(first):
        await waiting.until(hears)


def test_marks_that_a_killed_attempt_left_are_not_taken_for_running(plan, lake, tmp_path, told):
    first, *_ = describe(plan(), lake=lake, folder=at(tmp_path))
    first.mark.write_bytes(b"")
    with underway.following(at(tmp_path), 3, idle="starting") as count:
        count(0)
    assert told() == ["0 of 3 shards: starting"]
    run_shard(first)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".parquet", ".parquet"]


def test_a_job_says_that_it_plans_before_it_knows_its_shards(told, monkeypatch):
    def planned(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "make_plan", planned)
    monkeypatch.setattr(command, "load_settings", lambda: None)
    monkeypatch.setattr(command.Lake, "of", lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        command.main(["--strategy=sma-cross", "--universe=synthetic"])
    assert told() == ["0 shards: planning"]
