import asyncio

import pytest

from deployments.background import forever, running, stop


async def test_work_that_fails_is_done_again(eventually):
    calls = []

    async def work():
        calls.append(None)
        raise OSError("away")

    task = asyncio.create_task(forever(work, first_wait_s=0.001))
    await eventually(lambda: len(calls) >= 3)
    await stop(task)


async def test_work_ends_with_its_context():
    ended = asyncio.Event()

    async def work():
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with running(work):
        await asyncio.sleep(0)
    assert ended.is_set()


async def test_a_swallowed_cancellation_is_sent_again(monkeypatch):
    """As asyncio.wait_for of Python 3.11 swallows one now and then."""
    monkeypatch.setattr("deployments.background._CANCEL_AGAIN_S", 0.001)
    swallowed = []

    async def deaf():
        while len(swallowed) < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed.append(None)
        await asyncio.Event().wait()

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    await stop(task)
    assert task.cancelled()
    with pytest.raises(asyncio.CancelledError):
        await task
