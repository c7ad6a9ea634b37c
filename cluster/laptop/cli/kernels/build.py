"""`trii kernels build`: compile every kernel into the folder that numba is told of."""

import time

import click

from cluster.cli.output import json_option, print_json
from cluster.environment import kernels_told
from cluster.errors import BadInput
from cluster.laptop import kernels


@click.command()
@json_option
def build(*, as_json: bool) -> None:
    """Compile all of them now, so that no request and no job has to.

    Into NUMBA_CACHE_DIR, as in an image, else into the folder of the platform here. `trii up` does
    it the first time, and after each change of the code.
    """
    folder = kernels_told()
    if folder is None:
        raise BadInput(
            "no platform was started here: `trii up`, or set NUMBA_CACHE_DIR to a folder"
        )
    start = time.monotonic()
    made = kernels.build(folder, lambda what: click.echo(what, err=True))
    took = round(time.monotonic() - start, 1)
    if as_json:
        print_json({"folder": str(folder), "compiled": made, "seconds": took})
    else:
        click.echo(f"{made} kernels compiled in {took} s, all of them are in {folder}")
