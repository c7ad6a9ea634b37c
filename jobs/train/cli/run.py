"""`trii pipeline run`: one training from data to promotion, on the cluster."""

from typing import Any

import click

from cluster.cli.output import json_option, print_json
from cluster.cli.request_options import members_option, request_options, with_members
from cluster.queue.cli.following import run_kind
from cluster.queue.rules.kinds import TRAIN
from cluster.requests.options import request_data
from cluster.requests.train import TrainRequest, parse_train


@click.command()
@request_options(TrainRequest, but=["members"])
@members_option
@click.option("--detach", is_flag=True, help="Return at once; the job goes on.")
@json_option
def run(*, detach: bool, as_json: bool, **given: Any) -> int:
    """Train, evaluate, register and test one network, and promote it if its gates hold.

    The steps after the training are those of `trii sweep run`, which looks for a configuration first.
    """
    request = parse_train(request_data(TrainRequest, with_members(given)))
    outcome = run_kind(TRAIN, request, detach=detach, quiet=as_json)
    if as_json:
        print_json(vars(outcome))
    return outcome.exit_code
