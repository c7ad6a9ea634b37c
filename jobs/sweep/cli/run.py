"""`trii sweep run`: sweep, register and promote on the cluster."""

from typing import Any

import click

from cluster.cli.output import json_option, print_json
from cluster.cli.request_options import members_option, request_options, with_members
from cluster.queue.cli.following import run_kind
from cluster.queue.rules.kinds import SWEEP
from cluster.requests.options import request_data
from cluster.requests.sweep import SweepRequest, parse_sweep


@click.command()
@request_options(SweepRequest, but=["members"])
@members_option
@click.option("--detach", is_flag=True, help="Return at once; the job goes on.")
@json_option
def run(*, detach: bool, as_json: bool, **given: Any) -> int:
    """Train the best of many networks, and promote it if its gates hold.

    docs/training.md says what a space looks like. Steps behind the search are `trii pipeline run`'s.
    """
    request = parse_sweep(request_data(SweepRequest, with_members(given)))
    outcome = run_kind(SWEEP, request, detach=detach, quiet=as_json)
    if as_json:
        print_json(vars(outcome))
    return outcome.exit_code
