"""The driver of a sweep: one run of the pipeline that takes the best of many configurations."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from cluster.fleet.pools import placement
from cluster.settings import Settings
from jobs.command import Say, counting
from jobs.connection import connected, pools_here
from training.choice import Choice, Trained
from training.dataset import TrainingPanel
from training.promote import PromotionReport
from training.run import run as run_pipeline
from training.sweep import SPACE, sweep


@dataclass(frozen=True)
class BestOfSweep:
    """The best configuration of a sweep on the platform's nodes."""

    settings: Settings
    networks: ClassVar[int] = len(SPACE)

    def __call__(self, panel: TrainingPanel, trained: Trained) -> Choice:
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
    return run_pipeline(settings, BestOfSweep(settings), say=say, progress=counting("networks"))
