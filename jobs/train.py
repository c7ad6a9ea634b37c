"""`python -m jobs.train`: train one network, validate, register and, if the gates hold, promote it."""

import argparse
import sys
from collections.abc import Sequence

from cluster.requests.train import TrainRequest, parse_train
from cluster.settings import Settings
from jobs.promotion import Say, command, say_progress
from jobs.train_arguments import add_arguments, request_data
from training.choice import Asked
from training.network import NetworkConfig
from training.promote import PromotionReport
from training.run import run as run_pipeline


def run(settings: Settings, request: TrainRequest, *, say: Say) -> PromotionReport:
    """One pipeline run in this process, over the sample equities as they stand now."""
    return run_pipeline(
        settings,
        Asked(configuration(request)),
        say=say,
        progress=say_progress,
        seed=request.seed,
        promotes=request.promote,
    )


def configuration(request: TrainRequest) -> NetworkConfig:
    """The network that a request asks for."""
    return NetworkConfig(
        hidden=request.hidden,
        learning_rate=request.learning_rate,
        weight_decay=request.weight_decay,
        epochs=request.epochs,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="jobs.train", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    given = parser.parse_args(arguments)

    def work(settings: Settings, say: Say) -> PromotionReport:
        return run(settings, parse_train(request_data(vars(given))), say=say)

    return command(work, as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
