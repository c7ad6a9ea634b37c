"""`trii jobs submit`: one of the platform's job modules on the cluster."""

from importlib.util import find_spec

import click

from cluster.cli.output import json_option, print_json
from cluster.errors import BadInput


@click.group()
def jobs() -> None:
    """Submit jobs to the cluster."""


@jobs.command(context_settings={"ignore_unknown_options": True})
@click.option("--detach", is_flag=True, help="Return at once; the job goes on.")
@json_option
@click.argument("module")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def submit(detach: bool, as_json: bool, module: str, arguments: tuple[str, ...]) -> int:  # noqa: FBT001
    """Run `python -m MODULE ARGUMENTS…`, such as jobs.backtest, on a node of the batch pool."""
    _require_module(module)
    from cluster.cli.following import run_job  # noqa: PLC0415 - imports Ray

    outcome = run_job(module=module, arguments=arguments, detach=detach, quiet=as_json)
    if as_json:
        print_json(vars(outcome))
    return outcome.exit_code


def _require_module(module: str) -> None:
    """A misspelt module is found here, not by a job that starts and dies."""
    parts = module.split(".")
    if not all(part.isidentifier() for part in parts):
        raise BadInput("MODULE: expected a dotted module name such as jobs.backtest")
    try:
        found = find_spec(module)
    except (ImportError, ValueError):  # ValueError: `__main__` has no file
        found = None
    if found is None:
        raise BadInput(f"module {module} is not installed here; jobs.ingest and jobs.backtest are")
