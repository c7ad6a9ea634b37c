"""Waiting for a condition and for the end of a task."""

import asyncio

import pytest

from cluster import waiting
from cluster.waiting import wait_until


def test_waiting_ends_with_the_condition_with_life_and_with_the_time():
    calls = []
    assert wait_until(lambda: calls.append(None) or len(calls) > 2, timeout_s=60, every_s=0.001)
    assert not wait_until(lambda: False, timeout_s=60, alive=lambda: False)
    assert not wait_until(lambda: False, timeout_s=0.01, every_s=0.001)


async def test_an_error_of_a_task_that_is_ended_is_not_raised_again():
    async def fails():
        raise OSError("away")

    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await waiting.end(task)
    assert isinstance(task.exception(), OSError)


async def test_a_swallowed_cancellation_is_sent_again(monkeypatch):
    """As asyncio.wait_for of Python 3.11 swallows one now and then."""
    monkeypatch.setattr("cluster.waiting._CANCEL_AGAIN_S", 0.001)
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
    await waiting.end(task)
    assert task.cancelled()
    with pytest.raises(asyncio.CancelledError):
        await task
