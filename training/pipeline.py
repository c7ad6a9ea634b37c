"""From bars to a served model, readable from top to bottom: baselines, sweep, validate, promote."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cluster.registry.mlflow_client import Registry
from cluster.registry.versions import RegisteredVersion
from market.bars import Bars
from market.features import CLOSE_VOLATILITY
from market.labels import volatility_regime
from training import candidates, gates, manifests, metrics
from training.baselines import ensure_champions
from training.dataset import Panel, build_panel
from training.gates import GateReport
from training.network import train
from training.promote import PromotionReport, Publish, against_champion, promote
from training.sweep import SPACE, Trial, sweep
from training.walk_forward import Evaluation, evaluate

Say = Callable[[str], None]


@dataclass(frozen=True)
class Pipeline:
    """Where a run reads, where it writes, and what it tells.

    ``serving`` are the models that the control truth has; ``publish`` writes there. ``selector``
    holds the labels of the nodes to sweep on; ``scratch`` is where Ray Tune keeps its notes.
    """

    registry: Registry
    snapshot: str
    seed: int
    scratch: Path
    selector: Mapping[str, str]
    serving: Collection[str]
    publish: Publish
    say: Say

    def run(self, histories: Sequence[Bars]) -> PromotionReport:
        """Register what is missing, sweep, and promote the best network if its gates hold.

        Ray must be initialised.
        """
        panel = build_panel(histories, CLOSE_VOLATILITY, volatility_regime)
        self.say(f"panel: {len(panel):,} rows of {len(panel.instruments)} instruments")
        baseline = evaluate(panel, candidates.persistence)
        self.say(f"persistence: {_summary(baseline)}")
        self._start_baselines(panel, histories, baseline)
        trials = self._sweep(panel)
        candidate = evaluate(panel, candidates.network(trials[0].config, seed=self.seed))
        self.say(f"network: {_summary(candidate)}")
        report = self._gates(panel, candidate, baseline)
        version = self._register(panel, trials, candidate, report)
        self.say(f"registered {version.name} version {version.version}")
        return promote(self.registry, version, report, self.publish)

    def _start_baselines(
        self, panel: Panel, histories: Sequence[Bars], persistence: Evaluation
    ) -> None:
        started = ensure_champions(
            self.registry,
            panel,
            histories,
            persistence,
            snapshot=self.snapshot,
            serving=self.serving,
            publish=self.publish,
        )
        for version in started:
            self.say(f"serving {version.name} version {version.version}")

    def _sweep(self, panel: Panel) -> list[Trial]:
        trials = sweep(
            panel,
            storage=self.scratch,
            seed=self.seed,
            selector=self.selector,
            progress=lambda ended, total: self.say(f"sweep: {ended} of {total} trials"),
            space=SPACE,
        )
        self.say(f"best trial: log loss {trials[0].log_loss:.4f} with {trials[0].config}")
        return trials

    def _gates(self, panel: Panel, candidate: Evaluation, baseline: Evaluation) -> GateReport:
        report = gates.check(panel, candidate, baseline, seed=self.seed)
        measured = metrics.of_evaluation(candidate)
        more = against_champion(self.registry, manifests.REGIME, measured, panel=panel.digest)
        report = replace(report, conditions=report.conditions + more)
        for condition in report.conditions:
            self.say(f"gate: {condition}")
        return report

    def _register(
        self, panel: Panel, trials: Sequence[Trial], candidate: Evaluation, report: GateReport
    ) -> RegisteredVersion:
        """The configuration fitted once more, on every row, with the metrics of its validation."""
        config = trials[0].config
        network = train(panel.features, panel.label, config, seed=self.seed)
        measured = {**metrics.of_evaluation(candidate), **metrics.of_gates(report)}
        return self.registry.register(
            manifests.REGIME,
            lambda version: manifests.regime(
                version, "mlp", panel, snapshot=self.snapshot, metrics=measured, seed=self.seed
            ),
            {"sizes": network.sizes, "parameters": network.parameters},
            params={**asdict(config), "seed": self.seed},
            documents=_documents(trials, candidate, report),
        )


def _documents(
    trials: Sequence[Trial], candidate: Evaluation, report: GateReport
) -> dict[str, Any]:
    return {
        "trials": {"trials": [asdict(trial) for trial in trials]},
        "folds": {"folds": [asdict(fold) for fold in candidate.folds]},
        "gates": asdict(report),
    }


def _summary(evaluation: Evaluation) -> str:
    return (
        f"validation accuracy {evaluation.validation.accuracy:.4f}, "
        f"training {evaluation.train.accuracy:.4f}, log loss {evaluation.validation.log_loss:.4f}"
    )
