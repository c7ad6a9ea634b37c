"""`trii pipeline run`: one training from data to promotion, on the cluster."""

from typing import Any

import click

from cluster.cli.following import run_request
from cluster.cli.output import json_option, print_json
from cluster.requests.job import JobRequest
from cluster.requests.options import options
from cluster.requests.train import TRAIN_CPUS, TrainRequest, parse_train
from jobs.train.arguments import request_data

_ELSE = TrainRequest()


@click.command()
@click.option("--model", metavar="NAME", help=f"The model.  [default: {_ELSE.model}]")
@click.option(
    "--hidden",
    metavar="N,N",
    help=f"Units of each hidden layer.  [default: {','.join(map(str, _ELSE.hidden))}]",
)
@click.option(
    "--learning-rate", metavar="RATE", help=f"Of AdamW.  [default: {_ELSE.learning_rate:g}]"
)
@click.option(
    "--weight-decay", metavar="DECAY", help=f"Of AdamW.  [default: {_ELSE.weight_decay:g}]"
)
@click.option("--epochs", metavar="N", help=f"Passes over the rows.  [default: {_ELSE.epochs}]")
@click.option("--seed", metavar="N", help="By default the platform's.")
@click.option(
    "--promote/--no-promote",
    default=None,
    help="Let it serve if its gates hold, or keep it as challenger.  [default: promote]",
)
@click.option("--detach", is_flag=True, help="Return at once; the job goes on.")
@json_option
def run(*, detach: bool, as_json: bool, **given: Any) -> int:
    """Train, evaluate, register and test one network, and promote it if its gates hold.

    The steps after the training are those of `trii sweep run`, which looks for a configuration first.
    """
    arguments = tuple(options(parse_train(request_data(given))))
    request = JobRequest(module="jobs.train", arguments=arguments, cpus=TRAIN_CPUS)
    outcome = run_request(request, detach=detach, quiet=as_json)
    if as_json:
        print_json(vars(outcome))
    return outcome.exit_code
