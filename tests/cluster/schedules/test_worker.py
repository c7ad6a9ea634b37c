"""Workers and planners as `control` runs them: races between them, and one that is killed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from threading import Event

import pytest

from cluster.control.leader import Leader
from cluster.control.loop import Loop
from cluster.notices import commands, outbox
from cluster.notices.settings import Channel
from cluster.queue import commands as queue
from cluster.schedules.planner import planning
from cluster.schedules.worker import make_app, revive, run_worker, work
from cluster.stores.postgres import connect
from tests.cluster.notices.conftest import SECRET
from tests.waiting import until

_WAIT_S = 60  # for a busy machine; nothing takes it
CHILD = """
import asyncio, sys
from pathlib import Path
from cluster.clock import utc_now
from cluster.schedules.worker import work
from cluster.settings import load_settings
asyncio.run(work(load_settings(Path(sys.argv[1])), clock=utc_now))
"""


@pytest.fixture
def told(clean, hooks):
    channels = {"hook": Channel(url=hooks.url, secret=SECRET)}
    return clean.model_copy(update={"notify_channels": channels, "notify_private_hosts": True})


async def run(settings, *, clock, stop):
    """A planner and a worker, until `stop` is set."""
    loop = Loop("schedules", planning, period_s=5.0, channels=("trii_notices",))
    leader = Leader(settings, [loop], clock=clock)
    leading = asyncio.create_task(asyncio.to_thread(leader.run, stop))
    working = asyncio.create_task(work(settings, clock=clock))
    await leading
    working.cancel()
    await asyncio.wait([working])


async def running(settings, clock, condition, *, runners=1):
    """Runners at work until something is so; then they stop by themselves."""
    stop = Event()
    tasks = [asyncio.create_task(run(settings, clock=clock, stop=stop)) for _ in range(runners)]
    try:
        await until(condition, timeout_s=_WAIT_S, in_thread=True)
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), _WAIT_S)


def sent(settings):
    found = commands.list_deliveries(settings)
    return bool(found) and all(one.state == "sent" for one in found)


async def test_two_runners_start_each_job_once_and_tell_of_each_notice_once(
    told,
    take_turn,
    clock,
    hooks,
    rows,
):
    take_turn()
    clock.later(days=7)
    with connect(told, "serve") as connection:
        for n in range(10):
            outbox.notify(connection, "job.failed", {"job": f"j-{n}"}, now=clock())

    def settled():
        waiting = rows("SELECT count(*) AS n FROM schedule_runs WHERE state = 'due'")[0]["n"]
        return waiting == 0 and len(queue.list_jobs(told)) >= 3 and sent(told)

    await running(told, clock, settled, runners=2)
    modules = sorted(job.module for job in queue.list_jobs(told))
    assert modules == ["jobs.compact", "jobs.expire", "jobs.ingest"]
    assert len(hooks.keys) == len(set(hooks.keys)) == len(commands.list_deliveries(told))


async def test_a_runner_that_stops_leaves_no_worker_and_no_lease_behind(told, clock, rows):
    await running(told, clock, lambda: rows("SELECT * FROM procrastinate_workers") != [])
    assert rows("SELECT * FROM procrastinate_workers") == []
    assert rows("SELECT * FROM leases WHERE expires_at > now()") == []


async def test_a_worker_that_is_cancelled_again_and_again_still_ends_in_order(told, clock, rows):
    task = asyncio.create_task(work(told, clock=clock))
    await until(
        lambda: rows("SELECT * FROM procrastinate_workers") != [], timeout_s=_WAIT_S, in_thread=True
    )
    while not task.done():  # as Serve's replicas do: until it has ended
        task.cancel()
        await asyncio.wait([task], timeout=0.1)
    assert task.cancelled()
    assert rows("SELECT * FROM procrastinate_workers") == []


async def test_a_worker_killed_in_the_middle_of_a_delivery_is_followed_by_one_with_the_same_key(
    told,
    clock,
    hooks,
):
    with connect(told, "serve") as connection:
        key = outbox.notify(connection, "job.failed", {"job": "a"}, now=clock())
        outbox.route(connection, told, now=clock())
    hooks.hold.clear()  # the server takes the message and does not answer
    child = start_child(told, hooks)
    try:
        await asyncio.to_thread(hooks.wait_for, 1)
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
        hooks.hold.set()
    (open_,) = commands.list_deliveries(told)
    assert (open_.state, open_.attempts) == ("pending", 1)

    with connect(told, "owner") as connection:  # as if half a minute had gone by
        connection.execute("UPDATE procrastinate_workers SET last_heartbeat = '-infinity'")
    app = make_app(told, clock=clock)
    async with app.open_async():
        await revive(app)
        worker = asyncio.create_task(run_worker(app))
        await until(lambda: sent(told), timeout_s=_WAIT_S, in_thread=True)
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker
    assert hooks.keys == [key, key]


def start_child(settings, kept):
    channels = {"hook": {"url": kept.url, "secret": SECRET}}
    variables = {
        "TRII_NOTIFY_CHANNELS": json.dumps(channels),
        "TRII_NOTIFY_PRIVATE_HOSTS": "true",
    }
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(settings.home)], env=os.environ | variables
    )
