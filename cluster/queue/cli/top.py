"""`trii jobs top`: who has what in the queue, drawn again each second."""

from dataclasses import asdict
from time import sleep

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table

from cluster.cli.output import json_option, print_json
from cluster.errors import TriiError
from cluster.laptop import identity
from cluster.queue.overview import overview
from cluster.settings import Settings

_REFRESH_S = 1.0
_COLUMNS = ("user", "pool", "queued", "submitting", "running", "CPUs", "GPUs", "quota")


@click.command()
@json_option
def top(*, as_json: bool) -> None:
    """Show who has what in the queue, by user and pool; live until Ctrl-C."""
    settings = identity.running_settings()
    if as_json:
        print_json(asdict(overview(settings)))
    else:
        _draw(settings)


def _draw(settings: Settings) -> None:
    """A table that is drawn again each second, until Ctrl-C."""
    with Live(console=Console(), auto_refresh=False) as live:
        while True:
            live.update(_table(settings), refresh=True)
            try:
                sleep(_REFRESH_S)
            except KeyboardInterrupt:
                return


def _table(settings: Settings) -> Table | str:
    try:
        seen = overview(settings)
    except TriiError as exc:
        return f"{exc}"
    title = "jobs" if seen.moves else "jobs: nobody moves the queue, see `trii status`"
    table = Table(*_COLUMNS, title=title)
    for share in seen.shares:
        quota = seen.quotas.get(share.user_id) or seen.quotas.get("*")
        numbers = (
            share.queued,
            share.submitting,
            share.running,
            f"{share.cpus:g}",
            f"{share.gpus:g}",
        )
        limit = "-" if quota is None else _limit(quota.running, quota.cpus, quota.gpus)
        table.add_row(share.user_id, share.pool, *map(str, numbers), limit)
    return table


def _limit(running: int | None, cpus: float | None, gpus: float | None) -> str:
    parts = ((running, "jobs"), (cpus, "CPUs"), (gpus, "GPUs"))
    return ", ".join(f"{value:g} {unit}" for value, unit in parts if value is not None) or "none"
