"""What comes next for a job that Ray may have: read from its row and from what Ray says. Pure."""

import re
from dataclasses import dataclass
from typing import Literal

from cluster.queue.rules.job import Job, RayJob, printable
from cluster.queue.rules.states import JobState

Action = Literal["nothing", "submit", "run", "stop", "end", "again"]
LOST = "lost with the cluster"
CANCELLED = "cancelled by its user"
# Ray's own words for attempts whose node or supervising process is gone, not whose code failed.
_NODE_LOST = {"JOB_SUPERVISOR_ACTOR_DIED", "JOB_SUPERVISOR_ACTOR_UNKNOWN_FAILURE"}
# Those behind which a driver may go on, or have ended well: Ray's supervision failed, any way it can.
_DOUBTED = _NODE_LOST | {
    "JOB_SUPERVISOR_ACTOR_START_FAILURE",
    "JOB_ENTRYPOINT_COMMAND_START_ERROR",
}
_NO_ROOM = "JOB_SUPERVISOR_ACTOR_START_TIMEOUT"
_EXIT = "JOB_ENTRYPOINT_COMMAND_ERROR"
_SIGNALS = {9: "SIGKILL", 15: "SIGTERM"}  # from outside; a crash (SIGSEGV) would only come again
_ERROR = re.compile(r"^error: (.+)$", re.MULTILINE)  # how every module of ours ends
_RAISED = re.compile(
    r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*(\S.*)$", re.MULTILINE
)
_RAYS_OWN = re.compile(r"INFO job_manager|^Running entrypoint for job |^\s*$")


@dataclass(frozen=True)
class Step:
    """What to do with a job; `to` is the state of an end, `reason` is for people."""

    action: Action
    to: JobState | None = None
    reason: str = ""


def is_doubted(job: Job, seen: RayJob | None, *, session: str) -> bool:
    """Whether the driver's own word counts for more than Ray's: as `next_step` is asked."""
    if seen is None:
        return not _never_sent(job, session)
    return seen.status == "FAILED" and seen.error_type in _DOUBTED


def as_ended(job: Job, exit_status: int, log: str) -> RayJob:
    """The attempt as Ray tells of one that ended so, with the end of its log."""
    name = job.submission_id or job.id
    if exit_status == 0:
        return RayJob(name, "SUCCEEDED", "", job_id=job.id, exit_code=0)
    return RayJob(
        name,
        "FAILED",
        "",
        job_id=job.id,
        error_type=_EXIT,
        exit_code=exit_status,
        message=f"\n{log}",
    )


def _never_sent(job: Job, session: str) -> bool:
    # No session: the request is known not to have arrived. The same session and no answer: Ray
    # lists whatever it has taken, so it has not taken this.
    return job.submitted_at is None and job.session in {None, session}


def next_step(job: Job, seen: RayJob | None, *, session: str) -> Step:
    """The step for a submitting or running job.

    `seen` is its attempt as Ray lists it, None where Ray does not know it; `session` is the life of
    the Ray cluster that was asked.
    """
    if seen is None:
        return _unknown(job, session)
    if seen.status in {"PENDING", "RUNNING"}:
        if job.cancel_at is not None:
            return Step("stop")
        return Step("run" if seen.status == "RUNNING" and job.state != "running" else "nothing")
    # Before the wish to cancel: what ended first keeps its end.
    if seen.status == "SUCCEEDED":
        return Step("end", "succeeded")
    # Before the exit code: who is told to stop dies of SIGTERM, which would be tried again below.
    if job.cancel_at is not None or seen.status == "STOPPED":
        why = CANCELLED if job.cancel_at is not None else "cancelled through Ray"
        return Step("end", "cancelled", why)
    return _failed(job, seen)


def _unknown(job: Job, session: str) -> Step:
    """Ray was asked in vain, or has forgotten. What it never got can be handed over again."""
    if job.cancel_at is not None:
        return Step("end", "cancelled", CANCELLED)
    if _never_sent(job, session):
        return Step("submit")
    if job.resumable:
        return _again(job, LOST)
    return Step("end", "failed", f"{LOST}; it may have run, so it is not run again by itself")


def _failed(job: Job, seen: RayJob) -> Step:
    if seen.error_type in _NODE_LOST:
        return _again(job, "its node was lost")
    if seen.error_type == _NO_ROOM:
        return _again(job, "Ray found no room for it in time")
    if seen.error_type != _EXIT or seen.exit_code is None:
        return Step("end", "failed", _last_line(seen.message) or str(seen.error_type))
    code = seen.exit_code
    # A process that was killed itself gives -9; a shell whose child was killed gives 128 + 9.
    signal = -code if code < 0 else code - 128
    if signal in _SIGNALS:
        return _again(job, f"its driver was killed ({_SIGNALS[signal]})")
    what = "bad input" if code == 2 else f"exit status {code}"  # as every command of ours ends
    # The first line is Ray's own and says that the command failed; the log's end follows it.
    last = _cause(seen.message.partition("\n")[2])
    return Step("end", "failed", f"{what}: {last}" if last else what)


def _again(job: Job, reason: str) -> Step:
    """Another attempt where the job has one left."""
    attempts = f"attempt {job.attempt} of {job.max_attempts}"
    if job.attempt < job.max_attempts:
        return Step("again", "queued", f"{reason} ({attempts}); queued again")
    return Step("end", "failed", f"{reason} ({attempts})")


def _cause(log: str) -> str:
    """Why a driver ended, by its own words.

    Ray keeps both its outputs in one file, and what Python held back of its standard output comes
    last: so a line `error: …` and the end of a traceback count before the last line of all.
    """
    said = [*_ERROR.finditer(log), *_RAISED.finditer(log)]
    last = max(said, key=re.Match.end, default=None)
    return printable(last[1].strip()[:300]) if last else _last_line(log)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if not _RAYS_OWN.search(line)]
    return printable(lines[-1][:300]) if lines else ""
