import asyncio

from cluster import waiting
from deployments.background import forever, running


async def test_work_that_fails_is_done_again(eventually):
    calls = []

    async def work():
        calls.append(None)
        raise OSError("away")

    task = asyncio.create_task(forever(work, first_wait_s=0.001))
    await eventually(lambda: len(calls) >= 3)
    await waiting.end(task)


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
