"""`python -m jobs.sweep`: sweep, validate, register and, if the gates hold, promote volatility-regime."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from cluster.fleet.pools import placement
from cluster.settings import Settings
from jobs.connection import connected, pools_here
from jobs.promotion import Say, command, say_progress
from training.choice import Choice, Trained
from training.dataset import Panel
from training.promote import PromotionReport
from training.run import run as run_pipeline
from training.sweep import SPACE, sweep


@dataclass(frozen=True)
class BestOfSweep:
    """The best configuration of a sweep on the platform's nodes."""

    settings: Settings
    networks: ClassVar[int] = len(SPACE)

    def __call__(self, panel: Panel, trained: Trained) -> Choice:
        # Tune's notes are kept nowhere: the trials go to MLflow with the version.
        with connected(self.settings), TemporaryDirectory(prefix="trii-sweep-") as scratch:
            trials = sweep(
                panel,
                storage=Path(scratch),
                seed=self.settings.seed,
                selector=placement("batch", available=pools_here()),
                trained=trained,
            )
        return Choice(trials[0].config, trials)


def run(settings: Settings, *, say: Say) -> PromotionReport:
    """One pipeline run on the platform's cluster, over the sample equities as they stand now."""
    return run_pipeline(settings, BestOfSweep(settings), say=say, progress=say_progress)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="jobs.sweep", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    given = parser.parse_args(arguments)
    return command(lambda settings, say: run(settings, say=say), as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
