"""Keeps what a job leaves in its folder: best effort, for no disk and no log may hold up the queue."""

from datetime import datetime, timedelta
from typing import Final

from cluster.clock import Clock
from cluster.errors import StoreError
from cluster.fleet.ray_api import RayAway
from cluster.logs import get_logger
from cluster.queue import folder
from cluster.queue.ray_jobs import RayJobs
from cluster.queue.rules.job import Job
from cluster.settings import Settings

_SNAPSHOT: Final = timedelta(seconds=10)  # how often, for a node that is lost
_SNAPSHOT_LIMIT: Final = 4_000_000  # characters; what is behind them is kept at the job's end


class Keeper:
    """Makes folders and keeps logs: of a running job now and then, of an ended one all of it."""

    def __init__(self, settings: Settings, ray: RayJobs, clock: Clock) -> None:
        self._settings = settings
        self._ray = ray
        self._clock = clock
        self._kept: dict[str, datetime] = {}

    def make_folder(self, job: Job) -> None:
        """A full disk must not keep a job in the way of all others."""
        try:
            folder.folder(self._settings, job.id).make()
        except OSError as exc:
            get_logger().warning("no folder", job=job.id, error=str(exc))

    def snapshot(self, job: Job) -> None:
        """Keep the beginning of a running job's log, where it is time to."""
        last, now = self._kept.get(job.id), self._clock()
        if last is None or now - last >= _SNAPSHOT:
            # Before it is asked for: a log that can't be had is not tried at every turn.
            self._kept[job.id] = now
            self.keep(job, limit=_SNAPSHOT_LIMIT)

    def keep(self, job: Job, *, limit: int = folder.KEPT, aside: bool = False) -> None:
        """A log that can't be had or written must not keep a job from ending."""
        try:
            pieces = self._ray.log(job.submission_id or job.id)
            if pieces is not None:
                folder.keep_log(self._settings, job.id, pieces, limit=limit)
            # Also where Ray has no log any more: the last snapshot is then what is left of it.
            if aside:
                folder.set_aside_log(self._settings, job.id, job.attempt)
        except (OSError, StoreError, RayAway) as exc:
            get_logger().warning("log not kept", job=job.id, error=str(exc))

    def forget(self, job: Job) -> None:
        """Its attempt has ended."""
        self._kept.pop(job.id, None)
