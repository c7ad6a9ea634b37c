"""A job followed to its end: every line once, every change once, and patience with what is away."""

import asyncio

import pytest

from cluster.errors import NotFound, PlatformError, StoreError
from cluster.queue.following import Follower
from tests.cluster.queue.fake_source import FakeSource
from tests.job_rows import NOW, make_job
from tests.waiting import until


@pytest.fixture(autouse=True)
def looks_often(monkeypatch):
    monkeypatch.setattr("cluster.queue.following._EVERY_S", 0.001)


class Watcher:
    """Somebody who follows a job: the lines and changes that they were shown."""

    def __init__(self, source):
        self.lines, self.changes = [], []
        self._follower = Follower(source, "j-1", self.lines.append, self.changes.append)

    async def watch(self, patience_s=10.0):
        async with asyncio.timeout(20):
            return await self._follower.run(patience_s)


async def test_each_line_is_shown_once_however_often_the_tail_breaks():
    source = FakeSource(log="a\nb\n")
    watcher = Watcher(source)
    task = asyncio.create_task(watcher.watch())
    for text in ("c\nd", "d\n", "e\n"):
        await until(lambda: source.tails == 1)
        source.cut()
        source.write(text)
    await until(lambda: watcher.lines[-1:] == ["e"])
    source.write("last without an end")
    source.move(state="succeeded", ended_at=NOW)
    assert (await task).state == "succeeded"
    assert watcher.lines == ["a", "b", "c", "dd", "e", "last without an end"]
    assert source.tails == 0


async def test_a_long_line_is_shown_whole():
    source = FakeSource(make_job(state="succeeded", ended_at=NOW), "x" * 20_000)
    watcher = Watcher(source)
    await watcher.watch()
    assert watcher.lines == ["x" * 20_000]


async def test_a_change_is_seen_once_and_a_waiting_job_has_no_log():
    source = FakeSource(make_job(state="queued", attempt=0, submitted_at=None, running_at=None))
    watcher = Watcher(source)
    task = asyncio.create_task(watcher.watch())
    await until(lambda: watcher.changes)
    source.move(reason="no room")
    await until(lambda: len(watcher.changes) == 2)
    assert source.tails == 0
    source.move(state="running", attempt=1, reason="", submitted_at=NOW, running_at=NOW)
    await until(lambda: source.tails == 1)
    source.move(state="failed", reason="exit status 1", ended_at=NOW)
    assert (await task).reason == "exit status 1"
    seen = [(job.state, job.attempt, job.reason) for job in watcher.changes]
    assert seen == [
        ("queued", 0, ""), ("queued", 0, "no room"), ("running", 1, ""),
        ("failed", 1, "exit status 1"),
    ]  # fmt: skip


async def test_what_an_attempt_has_written_is_shown_before_the_next_one():
    source = FakeSource(log="one\n")
    watcher = Watcher(source)
    task = asyncio.create_task(watcher.watch())
    await until(lambda: watcher.lines == ["one"])
    source.write("killed in the mid")
    source.move(attempt=2, submission_id="j-1-2")
    source.write("two\n")
    await until(lambda: len(watcher.changes) == 2)
    assert source.tails == 1
    source.close()
    await until(lambda: watcher.lines[-1] == "two")
    source.move(state="succeeded", ended_at=NOW)
    await task
    assert watcher.lines == ["one", "killed in the mid", "two"]


async def test_an_outage_of_the_database_is_waited_out():
    source = FakeSource(log="one\n")
    watcher = Watcher(source)
    source.broken = StoreError("away")
    task = asyncio.create_task(watcher.watch())
    await asyncio.sleep(0.02)
    source.broken = None
    source.move(state="succeeded", ended_at=NOW)
    assert (await task).state == "succeeded"
    assert watcher.lines == ["one"]


@pytest.mark.parametrize("away", ["postgresql", "ray"])
async def test_one_that_lasts_too_long_is_told_with_the_job_and_a_remedy(away):
    source = FakeSource(log="one\n")
    source.is_away = away == "ray"
    source.broken = StoreError("away") if away == "postgresql" else None
    with pytest.raises(PlatformError, match=r"job j-1 can't be followed: away; see `trii status`"):
        await Watcher(source).watch(patience_s=0.05)


async def test_a_job_that_is_not_there_is_said_at_once():
    source = FakeSource()
    source.broken = NotFound("no job has the id j-1")
    with pytest.raises(NotFound):
        await Watcher(source).watch()
