"""A job that a test moves by hand: its row, what it has written, and a tail that may be cut."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from cluster.jobs.ray_jobs import RayAway
from cluster.stores.jobs import Job

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def make_job(**changes):
    fields = {
        "id": "j-1", "number": 1, "user_id": "ada", "pool": "batch", "cpus": 0.1, "gpus": 0.0,
        "memory_bytes": 0, "priority": "normal", "deadline": None, "depends_on": [],
        "kind": "module", "module": "some.module", "arguments": [], "idempotency_key": None,
        "request_hash": "0" * 64, "resumable": False, "attempt": 1, "max_attempts": 2,
        "state": "running", "reason": "", "fence": 1, "created_at": NOW, "queued_at": NOW,
        "submitting_at": NOW, "running_at": NOW, "cancel_at": None, "ended_at": None,
        "submission_id": "j-1", "session": "s", "submitted_at": NOW,
    }  # fmt: skip
    return Job(**{**fields, **changes})


class FakeSource:
    """`write` is what the job does; `cut` ends the tail as a dashboard that goes away does."""

    def __init__(self, job=None, log=""):
        self.row = job or make_job()
        self._texts = {self.row.attempt: log}
        self.tails = 0
        self.broken = None
        self._more = asyncio.Event()

    def write(self, text):
        self._texts[self.row.attempt] = self._texts.get(self.row.attempt, "") + text
        self._wake()

    def move(self, **changes):
        self.row = replace(self.row, **changes)

    def cut(self):
        self.broken = "cut"
        self._wake()

    async def job(self, _job_id):
        if isinstance(self.broken, Exception):
            raise self.broken
        return self.row

    async def log(self, job):
        return self._texts.get(job.attempt, "")

    async def tail(self, job):
        self.tails += 1
        told = 0
        try:
            while True:
                more = self._more
                while piece := (await self.log(job))[told : told + 7]:
                    told += len(piece)
                    yield piece
                if self.broken == "cut":
                    self.broken = None
                    raise RayAway("away")
                await more.wait()
        finally:
            self.tails -= 1

    def _wake(self):
        more, self._more = self._more, asyncio.Event()
        more.set()
