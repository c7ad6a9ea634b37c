"""Load for tests: connections that are kept alive and never retry, and every answer kept.

A client that retries hides the very failures that these tests look for.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import httpx

from tests.waiting import until

MOST_ANSWERS = 200_000
LONGEST_S = 120.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: when it ended, how long it took, and what came back (`status` 0: nothing)."""

    at: float
    seconds: float
    status: int
    body: bytes
    error: str = ""


@dataclass
class Load:
    """What the connections have seen so far."""

    answers: list[Answer] = field(default_factory=list)

    def failures(self) -> Counter[str]:
        """Everything but 200, by what it was."""
        return Counter(a.error or f"{a.status} {a.body[:60]!r}" for a in self.answers if failed(a))

    def since(self, moment: float) -> list[Answer]:
        return [answer for answer in self.answers if answer.at >= moment]

    def longest_gap_s(self) -> float:
        """The longest time without one good answer."""
        good = sorted(answer.at for answer in self.answers if not failed(answer))
        return max((b - a for a, b in pairwise(good)), default=0.0)

    async def until(self, condition: Callable[[list[Answer]], bool], *, timeout_s: float) -> float:
        """Wait until the answers that come from now on satisfy the condition; how long it took."""
        started = time.monotonic()
        await until(lambda: condition(self.since(started)), timeout_s=timeout_s)
        return time.monotonic() - started


def failed(answer: Answer) -> bool:
    return answer.status != 200


@asynccontextmanager
async def under_load(
    url: str, *, headers: Mapping[str, str], connections: int = 8, method: str = "GET"
) -> AsyncIterator[Load]:
    """Keep `connections` busy with requests for the length of the block."""
    load, stop = Load(), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(connections):
            tasks.create_task(_connection(url, method, headers, load.answers, stop))
        try:
            await until(lambda: len(load.answers) >= connections, timeout_s=30)
            yield load
        finally:
            stop.set()


async def _connection(
    url: str,
    method: str,
    headers: Mapping[str, str],
    answers: list[Answer],
    stop: asyncio.Event,
) -> None:
    end = time.monotonic() + LONGEST_S
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
    async with httpx.AsyncClient(
        headers=headers, limits=limits, timeout=30.0, trust_env=False
    ) as client:
        while not stop.is_set() and time.monotonic() < end and len(answers) < MOST_ANSWERS:
            answers.append(await _ask(client, method, url))
            if not answers[-1].status:  # a port where nobody listens refuses at once
                await asyncio.sleep(0.02)


async def _ask(client: httpx.AsyncClient, method: str, url: str) -> Answer:
    started = time.monotonic()
    try:
        reply = await client.request(method, url)
    except httpx.TransportError as exc:
        now = time.monotonic()
        return Answer(now, now - started, 0, b"", f"{type(exc).__name__}: {exc}")
    now = time.monotonic()
    return Answer(now, now - started, reply.status_code, reply.content)
