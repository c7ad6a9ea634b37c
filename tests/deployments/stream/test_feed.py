"""A job followed by several at once: order, resuming, bounds, and every way in which it ends."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster import waiting
from deployments.stream.departure import Departure
from deployments.stream.feed import Feed
from deployments.stream.feeds import Feeds
from deployments.stream.follower import Follower
from deployments.stream.response import EventStream
from deployments.stream.ring import Ring
from deployments.stream.wire import Position, entry
from tests.cluster.queue.fake_source import FakeSource
from tests.job_rows import NOW, make_job

LATER = NOW + timedelta(minutes=1)


class Client:
    """Reads a follower's frames; `events` are its data, `ids` what a browser would remember."""

    def __init__(self, feed, **given):
        self.departure = Departure(tell=feed.wake)
        self.now = LATER
        given = {"until": NOW + timedelta(hours=1), "heartbeat_s": 30.0, **given}
        self._follower = Follower(feed, self.departure, lambda: self.now, **given)
        self.text = ""

    async def read(self):
        async for frame in self._follower.frames():
            self.text += frame.decode()

    @property
    def blocks(self):
        return [block.split("\n") for block in self.text.split("\n\n") if "data: " in block]

    @property
    def events(self):
        return [orjson.loads(block[-1].removeprefix("data: ")) for block in self.blocks]

    @property
    def kinds(self):
        return [one["type"] for one in self.events]

    @property
    def lines(self):
        return [one["text"] for one in self.events if one["type"] == "log"]

    @property
    def ids(self):
        return [block[0].removeprefix("id: ") for block in self.blocks if block[0][:3] == "id:"]


@asynccontextmanager
async def running(feed):
    task = asyncio.create_task(feed.run())
    try:
        yield task
    finally:
        await waiting.end(task)


async def read_all(feed, **given):
    client = Client(feed, **given)
    async with running(feed), asyncio.timeout(10):
        await client.read()
    return client


def make_feed(source, **given):
    return Feed(source.row, source=source, clock=lambda: LATER, **given)


def ended(log, **changes):
    return FakeSource(make_job(state="succeeded", ended_at=NOW, **changes), log)


PROGRESS = 'progress: {"done": 1, "total": 4, "unit": "files"}'


async def test_an_ended_job_is_told_from_its_first_line_to_its_outcome():
    client = await read_all(make_feed(ended(f"one\n{PROGRESS}\nlast without an end")))
    assert client.kinds == ["state", "progress", "log", "log", "log", "end"]
    assert client.lines == ["one", PROGRESS, "last without an end"]
    assert client.ids == ["1-1", "1-2", "1-3", "1-3-end"]
    assert (client.events[-1]["state"], client.events[1]["share"]) == ("succeeded", 0.25)
    assert client.text.startswith("retry: ")


async def test_resuming_behind_any_event_gives_exactly_the_rest():
    log = "".join(f"line {number}\n" for number in range(20))
    whole = await read_all(make_feed(ended(log)))
    for seen, name in enumerate(whole.ids[:-1], 1):
        rest = await read_all(make_feed(ended(log)), after=Position.parse(name))
        assert rest.lines == whole.lines[seen:]
        assert rest.kinds[-1] == "end"


async def test_states_lines_and_progress_come_as_they_happen(eventually):
    source = FakeSource(make_job(state="queued", attempt=0, submitted_at=None, running_at=None))
    feed = make_feed(source)
    client = Client(feed)
    async with running(feed), asyncio.TaskGroup() as group:
        group.create_task(client.read())
        await eventually(lambda: client.kinds == ["state"])
        source.move(state="running", attempt=1, submitted_at=NOW, running_at=NOW)
        feed.look()
        await eventually(lambda: source.tails == 1)
        source.write(f"one\n{PROGRESS}\nhal")
        await eventually(lambda: client.kinds[-1] == "progress")
        assert client.events[-1]["eta"] == "2026-01-05T12:04:00Z"
        source.write("f\n")
        await eventually(lambda: client.lines[-1] == "half")
        source.move(state="failed", reason="exit status 1", ended_at=NOW)
        feed.look()
    assert client.kinds == ["state", "state", "log", "log", "progress", "log", "state", "end"]
    assert client.events[-1]["reason"] == "exit status 1"
    assert source.tails == 0


async def test_a_tail_that_breaks_loses_no_line_and_tells_none_twice(eventually):
    source = FakeSource(log="a\nb\n")
    feed = make_feed(source)
    client = Client(feed)
    async with running(feed), asyncio.TaskGroup() as group:
        group.create_task(client.read())
        for text in ("c\nd", "d\n", "e\n"):
            await eventually(lambda: source.tails == 1)
            source.cut()
            await eventually(lambda: source.tails == 0)
            source.write(text)
            feed.look()
        await eventually(lambda: client.lines[-1:] == ["e"])
        source.move(state="succeeded", ended_at=NOW)
        feed.look()
    assert client.lines == ["a", "b", "c", "dd", "e"]


async def test_another_attempt_has_a_log_of_its_own(eventually):
    source = FakeSource(log="first\n")
    feed = make_feed(source)
    client = Client(feed)
    async with running(feed), asyncio.TaskGroup() as group:
        group.create_task(client.read())
        await eventually(lambda: client.lines == ["first"])
        source.move(attempt=2, submission_id="j-1-2")
        source.write("second\n")
        feed.look()
        await eventually(lambda: client.lines == ["first", "second"])
        source.move(state="succeeded", ended_at=NOW)
        feed.look()
    assert client.ids[-1] == "2-1-end"
    rest = await read_all(make_feed(source), after=Position(1, 1))
    assert rest.lines == ["second"]


async def test_silence_is_filled_with_heartbeats(eventually):
    feed = make_feed(FakeSource())
    client = Client(feed, heartbeat_s=0.01)
    async with running(feed):
        task = asyncio.create_task(client.read())
        await eventually(lambda: client.text.count(": heartbeat\n\n") >= 3)
        await waiting.end(task)


async def test_who_reads_too_slowly_is_closed_with_a_reason_and_nobody_else_is(eventually):
    source = FakeSource()
    feed = make_feed(source, ring_bytes=2000)
    slow, quick = Client(feed), Client(feed)
    async with running(feed):
        stuck = slow._follower.frames()
        frames = [await anext(stuck), await anext(stuck)]
        task = asyncio.create_task(quick.read())
        for number in range(100):
            source.write(f"line {number}\n")
            await eventually(lambda n=number: quick.lines[-1:] == [f"line {n}"])
        frames += [frame async for frame in stuck]
        await waiting.end(task)
    assert b"too slow" in frames[-1]
    assert b"id:" not in frames[-1]
    assert len(quick.lines) == 100


async def test_lines_that_are_not_kept_are_named_and_the_rest_follows():
    log = "".join(f"line {number}\n" for number in range(1, 1001))
    client = await read_all(make_feed(ended(log), ring_bytes=5000), after=Position(1, 10))
    (gap,) = [one for one in client.events if one["type"] == "gap"]
    assert gap["first_line"] == 11
    assert client.lines[0] == f"line {gap['last_line'] + 1}"
    assert client.lines[-1] == "line 1000"
    assert len(client.text) < 10_000
    near = await read_all(make_feed(ended(log), ring_bytes=5000), after=Position(1, 998))
    assert (near.kinds, near.lines) == (["state", "log", "log", "end"], ["line 999", "line 1000"])


async def test_before_the_replica_goes_away_its_clients_are_told_to_come_back(eventually):
    feed = make_feed(FakeSource(log="one\n"))
    client, leaves = Client(feed), False

    async def is_leaving():
        return leaves

    departure = client.departure
    departure._every_s = 0.01
    departure.ask_by(is_leaving)
    async with running(feed), asyncio.TaskGroup() as group:
        group.create_task(client.read())
        watch = asyncio.create_task(departure.run())
        await eventually(lambda: client.lines == ["one"])
        leaves = True
        await eventually(lambda: client.kinds[-1] == "reconnect")
        await waiting.end(watch)
    assert client.ids[-1] == "1-1"


async def test_a_stream_ends_with_its_token():
    feed = make_feed(FakeSource())
    client = await read_all(feed, until=LATER)
    assert client.events[-1] == {"type": "closed", "reason": "the token has expired"}


async def test_a_feed_that_fails_tells_its_followers_and_not_why():
    source = FakeSource()
    source.broken = RuntimeError("SECRET")
    client = await read_all(make_feed(source))
    assert client.kinds[-1] == "closed"
    assert "SECRET" not in client.text


async def test_a_job_is_read_once_for_all_who_follow_it_and_no_longer(eventually):
    source = FakeSource(log="one\n")
    feeds = Feeds(lambda job: Feed(job, source=source, clock=lambda: LATER))
    async with feeds.following(source.row) as first:
        async with feeds.following(source.row) as second:
            assert first is second
            await eventually(lambda: source.tails == 1)
        assert source.tails == 1
    assert source.tails == 0
    async with feeds.following(source.row) as anew:
        assert anew is not first


async def test_a_job_that_was_queued_anew_gets_a_feed_anew(eventually):
    source = ended("one\n")
    feeds = Feeds(lambda job: Feed(job, source=source, clock=lambda: LATER))
    async with feeds.following(source.row) as first:
        await eventually(lambda: first.final)
        source.move(state="queued", ended_at=None)
        async with feeds.following(source.row) as second:
            feeds.look("j-1")
            assert (second is first, second.job.state) == (False, "queued")


async def test_a_client_that_takes_nothing_is_cut_off():
    closed = False

    async def frames():
        nonlocal closed
        try:
            while True:
                yield b": heartbeat\n\n"
        finally:
            closed = True

    sent = []

    async def send(message):
        sent.append(message)
        if len(sent) == 3:
            await asyncio.Event().wait()

    async with asyncio.timeout(10):
        await EventStream(frames(), patience_s=0.01).stream_response(send)
    assert closed
    assert all(message.get("more_body", True) for message in sent)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=60), st.integers(1, 5000))
def test_a_ring_keeps_the_newest_within_its_limit(sizes, limit):
    ring = Ring(limit)
    kept = [entry("log", Position(1, n), text="x" * size) for n, size in enumerate(sizes, 1)]
    for one in kept:
        ring.append(one)
    found = ring.read(ring.first, limit_bytes=10**9)
    assert found == kept[ring.first :]
    assert found[-1] is kept[-1]
    assert len(found) == 1 or sum(len(one.frame) for one in found) <= limit
    assert ring.lost == (kept[ring.first - 1].position if ring.first else None)


@given(st.builds(Position, st.integers(0, 10**9 - 1), st.integers(0, 10**12 - 1), st.booleans()))
def test_an_id_names_its_place(position):
    assert Position.parse(str(position)) == position


@pytest.mark.parametrize(
    "text", ["", "1", "1-", "-1-2", "1-2-x", "1-2\n", "1-\u0662", "9" * 20 + "-1"]
)
def test_what_is_no_id_is_none(text):
    assert Position.parse(text) is None
