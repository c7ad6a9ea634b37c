"""A job that a test moves by hand: its row, what it has written, and a tail that may be cut."""

import asyncio
from dataclasses import replace

from cluster.fleet.ray_api import RayAway
from cluster.queue.folder import LogEnd
from tests.job_rows import make_job


class FakeSource:
    """`write` is what the job does; `cut` ends the tail as a dashboard that goes away does.

    `close` ends it as Ray does when the attempt is over; while `is_away` there is none to be had.
    """

    def __init__(self, job=None, log=""):
        self.row = job or make_job(max_attempts=2)
        self._texts = {self.row.attempt: log}
        self.tails = 0
        self.looks = 0
        self.broken = None
        self.is_away = False
        self._more = asyncio.Event()

    def write(self, text):
        self._texts[self.row.attempt] = self._texts.get(self.row.attempt, "") + text
        self._wake()

    def move(self, **changes):
        self.row = replace(self.row, **changes)

    def cut(self):
        self.broken = "cut"
        self._wake()

    def close(self):
        self.broken = "close"
        self._wake()

    async def job(self, _job_id):
        self.looks += 1
        if isinstance(self.broken, Exception):
            raise self.broken
        return self.row

    async def log(self, job):
        return LogEnd(self._texts.get(job.attempt, ""))

    async def tail(self, job):
        if self.is_away:
            raise RayAway("away")
        self.tails += 1
        told = 0
        try:
            while True:
                more = self._more
                while piece := (await self.log(job)).text[told : told + 7]:
                    told += len(piece)
                    yield piece
                if self.broken == "cut":
                    self.broken = None
                    raise RayAway("away")
                if self.broken == "close":
                    self.broken = None
                    return
                await more.wait()
        finally:
            self.tails -= 1

    def _wake(self):
        more, self._more = self._more, asyncio.Event()
        more.set()
