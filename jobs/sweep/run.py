"""The driver of a sweep: one run of the pipeline that takes the best of many configurations."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cluster.fleet.pools import placement
from cluster.requests.sweep import SweepRequest
from cluster.settings import Settings
from jobs.command import Say, counting
from jobs.connection import connected, pools_here
from training.choice import Choice, Trained, Tried
from training.dataset import TrainingPanel
from training.network import NetworkConfig
from training.promote import PromotionReport
from training.run import run as run_pipeline
from training.run import seed_of
from training.space import configurations
from training.sweep import sweep


@dataclass(frozen=True)
class BestOfSweep:
    """The best of some configurations, tried on the platform's nodes; see `training.sweep.sweep`."""

    settings: Settings
    space: Sequence[NetworkConfig]
    seed: int
    budget_s: int | None = None
    gpus: float = 0.0

    @property
    def networks(self) -> int:
        return len(self.space)

    def __call__(self, panel: TrainingPanel, trained: Trained, tried: Tried) -> Choice:
        # Tune's notes are kept nowhere: the trials go to MLflow as they end.
        with connected(self.settings), TemporaryDirectory(prefix="trii-sweep-") as scratch:
            trials = sweep(
                panel,
                storage=Path(scratch),
                seed=self.seed,
                selector=placement(self._pool(), available=self._pools()),
                gpus=self.gpus,
                trained=trained,
                tried=tried,
                space=self.space,
                budget_s=self.budget_s,
            )
        # Those that the budget left no time for are done with, too.
        for _ in self.space[len(trials) :]:
            trained()
        return Choice(trials[0].config, trials)

    def _pools(self) -> list[str]:
        """Those with a node, and those that get one."""
        return [*dict.fromkeys((*pools_here(), *self.settings.pools_that_grow))]

    def _pool(self) -> str:
        """Of GPUs the cheaper one first: a trial that a spot node takes along is begun anew."""
        if not self.gpus:
            return "batch"
        return "gpu-spot" if "gpu-spot" in self._pools() else "gpu"


def run(settings: Settings, request: SweepRequest, *, say: Say) -> PromotionReport:
    """One pipeline run on the platform's cluster, over the universe as it stands now."""
    seed = seed_of(settings, request)
    space = configurations(request.searched, trials=request.trials, seed=seed)
    return run_pipeline(
        settings,
        request,
        BestOfSweep(settings, space, seed, request.budget_s, request.trial_gpus or 0.0),
        say=say,
        progress=counting("networks"),
    )
