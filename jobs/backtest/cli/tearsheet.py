"""`trii backtest tearsheet`: a run's report as a file of one's own."""

import shutil
from pathlib import Path

import click

from cluster.backtests.tearsheet import tearsheet as opened
from cluster.cli.output import json_option, print_json
from cluster.errors import BadInput
from cluster.files import replacing
from cluster.laptop.identity import running_settings
from jobs.backtest.cli.show import fetch


@click.command()
@click.argument("run_id", metavar="ID")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write it; ID.html in this folder without it.",
)
@json_option
def tearsheet(*, run_id: str, output: Path | None, as_json: bool) -> None:
    """Write a run's report, one page of HTML that is read without a network."""
    settings = running_settings()
    target = output or Path(f"{run_id}.html")
    with opened(settings, fetch(settings, run_id)) as report:
        try:
            with replacing(target) as draft, draft.open("wb") as file:
                shutil.copyfileobj(report, file)
        except OSError as exc:
            raise BadInput(f"--output {target}: can't be written ({exc.strerror})") from exc
    if as_json:
        print_json({"id": run_id, "file": str(target.resolve())})
    else:
        click.echo(f"wrote {target}")
