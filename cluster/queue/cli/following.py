"""Submit a job and follow it, or detach: what every command that starts work does."""

from dataclasses import dataclass

import click
from pydantic import BaseModel

from cluster.clock import utc_now
from cluster.laptop.identity import running_settings
from cluster.queue import commands as queue
from cluster.queue.following import follow
from cluster.queue.progress import readable
from cluster.queue.rules.job import Job
from cluster.queue.rules.kinds import Kind
from cluster.requests.job import JobRequest
from cluster.settings import Settings


@dataclass(frozen=True)
class Followed:
    """A job started here. `state` is `submitted` when nobody waited for its end."""

    id: str
    state: str
    message: str

    @property
    def exit_code(self) -> int:
        return 0 if self.state in {"submitted", "succeeded"} else 1


def run_request(
    request: JobRequest, *, detach: bool, quiet: bool = False, check: queue.Check = lambda: None
) -> Followed:
    """Run a job on the cluster; its output comes to standard error as it is written.

    Ctrl-C leaves the job running. `check` as in `queue.submit`.
    """
    settings = running_settings()
    job = queue.submit(settings, request, user_id=queue.LOCAL_USER, now=utc_now(), check=check)
    if detach:
        click.echo(f"submitted {job.id}", err=True)
        return Followed(job.id, "submitted", "")
    return watch(settings, job.id, quiet=quiet)


def run_kind(kind: Kind, request: BaseModel, *, detach: bool, quiet: bool = False) -> Followed:
    """Run a job of a kind as `run_request`. Raises BadInput for what the lake can't carry."""
    # Loading a lake takes a while, and who only follows a job needs none.
    from cluster.stores.lake import Lake  # noqa: PLC0415

    kind.check(request, Lake.of(running_settings()))
    return run_request(kind.job(request), detach=detach, quiet=quiet)


def watch(settings: Settings, job_id: str, *, quiet: bool = False) -> Followed:
    """Show a job's output until it ends, or until Ctrl-C, which leaves it running."""
    try:
        job = follow(
            settings,
            job_id,
            on_log=(lambda _: None) if quiet else _show,
            on_change=(lambda _: None) if quiet else tell_waiting,
        )
    except KeyboardInterrupt:
        click.echo(f"detached; {job_id} goes on: trii jobs logs -f {job_id}", err=True)
        return Followed(job_id, "submitted", "")
    if job.state != "succeeded":
        click.echo(f"trii: job {job_id} {job.state}: {job.reason}", err=True)
    return Followed(job_id, job.state, job.reason)


def _show(line: str) -> None:
    click.echo(readable(line), err=True)


def tell_waiting(job: Job) -> None:
    """Say why a job waits, as soon as the queue knows it."""
    if why := job.waits_for:
        click.echo(f"{job.id} waits: {why}", err=True)
