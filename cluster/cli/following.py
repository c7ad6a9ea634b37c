"""Submit a job and follow it, or detach: what every command that starts work does."""

from collections.abc import Sequence
from dataclasses import dataclass

import click

from cluster.cli.identity import running_settings
from cluster.jobs import follow, submit


@dataclass(frozen=True)
class Followed:
    """A job started here. `state` is `submitted` when nobody waited for its end."""

    id: str
    state: str
    message: str

    @property
    def exit_code(self) -> int:
        return 0 if self.state in {"submitted", "succeeded"} else 1


def run_job(
    *, module: str, arguments: Sequence[str], detach: bool, quiet: bool = False
) -> Followed:
    """Run `python -m module` on the cluster; its output comes to standard error as it is written.

    Ctrl-C leaves the job running.
    """
    settings = running_settings()
    submission_id = submit(settings, module=module, arguments=arguments)
    if detach:
        click.echo(f"submitted {submission_id}", err=True)
        return Followed(submission_id, "submitted", "")
    try:
        show = (lambda _: None) if quiet else (lambda line: click.echo(line, err=True))
        outcome = follow(settings, submission_id, on_log=show)
    except KeyboardInterrupt:
        click.echo(f"detached; {submission_id} goes on: ray job logs -f {submission_id}", err=True)
        return Followed(submission_id, "submitted", "")
    if outcome.state != "succeeded":
        click.echo(f"trii: job {submission_id} {outcome.state}: {outcome.message}", err=True)
    return Followed(submission_id, outcome.state, outcome.message)
