"""`trii sweep run`: sweep, register and promote on the cluster."""

import click

from cluster.cli.output import json_option, print_json
from cluster.queue.cli.following import run_request
from cluster.queue.rules.kinds import SWEEP
from cluster.requests.sweep import SweepRequest


@click.command()
@click.option("--detach", is_flag=True, help="Return at once; the job goes on.")
@json_option
def run(*, detach: bool, as_json: bool) -> int:
    """Train volatility-regime by a sweep, and promote it if it beats its baseline."""
    outcome = run_request(SWEEP.job(SweepRequest()), detach=detach, quiet=as_json)
    if as_json:
        print_json(vars(outcome))
    return outcome.exit_code
