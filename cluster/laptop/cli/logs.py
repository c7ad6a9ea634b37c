"""`trii logs`: what a component or the replicas of an application have written."""

import time
from functools import partial
from pathlib import Path

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.environment import default_home
from cluster.laptop.logs import Tail, find, logs_of

_EVERY_S = 0.3


@click.command()
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written, until Ctrl-C.")
@click.option("--lines", type=click.IntRange(min=1), default=50, show_default=True,
              help="Last lines of each file to begin with.")  # fmt: skip
@click.argument("app", metavar="[APP]", required=False)
@json_option
def logs(*, follow: bool, lines: int, app: str | None, as_json: bool) -> None:
    """Print the log of an application or a component; without APP, list them."""
    home = default_home()
    if app is None:
        _list(logs_of(home), as_json=as_json)
        return
    tail = Tail(partial(find, home, app), lines=lines)
    if as_json:
        print_json([{"file": str(path), "text": text} for path, text in tail])
        return
    last = _show(tail, None)
    try:
        while follow:
            time.sleep(_EVERY_S)
            last = _show(tail, last)
    except KeyboardInterrupt:
        return


def _list(known: dict[str, list[Path]], *, as_json: bool) -> None:
    if as_json:
        print_json({name: [str(path) for path in files] for name, files in known.items()})
        return
    rows = [(name, len(files), files[-1]) for name, files in sorted(known.items())]
    print_table(("name", "files", "last file"), rows)


def _show(tail: Tail, last: Path | None) -> Path | None:
    """Print what is new, under the file's name where it is another one than before."""
    for path, text in tail:
        if path != last:
            click.echo(f"==> {path} <==")
        click.echo(text, nl=not text.endswith("\n"))
        last = path
    return last
