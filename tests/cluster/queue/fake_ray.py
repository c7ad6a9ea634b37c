"""A stand-in for Ray's job API; `test_ray_jobs.py` holds it and the real one to one contract."""

from dataclasses import replace

from cluster.fleet.pools import Node
from cluster.fleet.ray_api import RayAway
from cluster.queue.ray_jobs import RayRefused, command
from cluster.queue.rules.job import RayJob
from cluster.queue.rules.limits import Holder


class Crash(BaseException):
    """The loop's process dies here."""


class FakeRay:
    """Jobs run until the test (or `exits`, by argument) ends them.

    `started` has each submission id whose driver began, in every life of the cluster. `crash_in`
    counts calls down to a `Crash`; with `crash_behind` a job that was handed over is taken first.
    """

    def __init__(self) -> None:
        self.life = 1
        self.away = False
        self.refuses = False
        self.crash_in: int | None = None
        self.crash_behind = False
        self.started: list[str] = []
        self.stopped: list[str] = []
        self.pools = {"batch": (Node(8.0, 0.0, 2**34),)}
        self.held: list[Holder] = []
        self._jobs: dict[str, RayJob] = {}
        self._logs: dict[str, str] = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def session(self):
        self._answer()
        return f"session-{self.life}"

    def nodes(self):
        self._answer()
        return self.pools

    def holders(self):
        self._answer()
        return self.held

    def jobs(self):
        self._answer()
        return dict(self._jobs)

    def submit(self, job, submission_id):
        behind = self._answer(taken_first=self.crash_behind)
        if self.refuses:
            raise RayRefused("Ray refused the job: no")
        if submission_id not in self._jobs:
            line = command(job, submission_id)
            self._jobs[submission_id] = RayJob(submission_id, "PENDING", line, job_id=job.id)
            self._logs[submission_id] = f"Running entrypoint for job {submission_id}: {line}\n"
        if behind:
            raise Crash

    def stop(self, submission_id):
        self._answer()
        job = self._jobs.get(submission_id)
        if job and job.status in {"PENDING", "RUNNING"}:
            self.stopped.append(submission_id)
            self.end(submission_id, "STOPPED")

    def log(self, submission_id):
        self._answer()
        text = self._logs.get(submission_id)
        return None if text is None else iter([text])

    def run(self):
        """Let every pending driver begin."""
        for name, job in self._jobs.items():
            if job.status == "PENDING":
                self.started.append(name)
                self._jobs[name] = replace(job, status="RUNNING")

    def end(self, submission_id, status, *, error_type=None, exit_code=None, message=""):
        job = self._jobs[submission_id]
        self._jobs[submission_id] = replace(
            job, status=status, error_type=error_type, exit_code=exit_code, message=message
        )

    def fail(self, submission_id, code, *, words="the end"):
        """The driver ends with this exit status; a negative one is the signal that killed it."""
        head = f"Job entrypoint command failed with exit code {code}, last available logs\n"
        kind = "JOB_ENTRYPOINT_COMMAND_ERROR"
        self.end(submission_id, "FAILED", error_type=kind, exit_code=code, message=head + words)

    def restart(self):
        """The cluster dies with all drivers and its memory, and another one comes up."""
        self.life += 1
        self._jobs.clear()
        self._logs.clear()

    def live(self):
        return [name for name, job in self._jobs.items() if job.status in {"PENDING", "RUNNING"}]

    def _answer(self, *, taken_first=False):
        """One call: an answer, nobody there, or the death of who asks; True to die behind it."""
        if self.away:
            raise RayAway("Ray does not answer", sent=False)
        if self.crash_in is None:
            return False
        self.crash_in -= 1
        if self.crash_in > 0:
            return False
        self.crash_in = None
        if taken_first:
            return True
        raise Crash
