"""`trii cluster render`: the file that `ray up` reads."""

from pathlib import Path

import click

from cluster.errors import BadInput
from cluster.files import replacing
from cluster.fleet.cli.options import environment_option, ground_option
from cluster.fleet.render.rendering import TARGETS, render
from cluster.fleet.source import reading


@click.command(name="render")
@environment_option
@ground_option
@click.option(
    "--target", type=click.Choice(list(TARGETS)), default="aws", help="Who reads it (aws)."
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file instead of printing."
)
def render_(*, environment: str, ground: Path | None, target: str, output: Path | None) -> None:
    """Write the file that `ray up` reads, for an environment."""
    source = reading.cluster_source(environment)
    text = render(source, reading.ground(ground), target=target)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with replacing(output) as fresh:
            fresh.write_text(text)
    except OSError as exc:
        raise BadInput(f"--output {output}: can't be written ({exc.strerror})") from exc
    click.echo(f"wrote {output}")
