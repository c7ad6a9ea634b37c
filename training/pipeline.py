"""From bars to a served model, readable from top to bottom: baselines, choose, validate, promote."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count
from typing import Any

from cluster.registry.mlflow_client import Registry
from cluster.registry.mlflow_run import Learned, MlflowRun
from cluster.registry.versions import RegisteredVersion
from cluster.stores.lake.known import Past
from cluster.stores.lake.member_days import MemberDays
from market.features import CLOSE_VOLATILITY
from market.labels import volatility_regime
from market.models.forward import Network
from market.splits import SIX_FOLDS
from training import gates, manifests, metrics, walk_forward
from training.baselines import ensure_champions
from training.choice import Choice, Choose, Trained, Trial, Tried
from training.dataset import Source, TrainingPanel, build_panel
from training.gates import GateReport
from training.network import train
from training.promote import PromotionReport, Publish, against_champion, keep, promote, rehearse
from training.walk_forward import Evaluation, Fit, Predictor, evaluate

Say = Callable[[str], None]
CountDone = Callable[[int, int], None]
"""Told the number of networks that have been trained, and of all."""


@dataclass(frozen=True)
class Pipeline:
    """Where a run reads, where it writes, and what it tells.

    ``source`` is that of the histories, for the manifests; ``days`` are those on which an instrument counts, None for all.
    ``serving`` are the models that the control truth has; ``publish`` writes there.
    """

    registry: Registry
    source: Source
    seed: int
    serving: Collection[str]
    publish: Publish
    say: Say
    progress: CountDone
    days: MemberDays | None = None

    def run(
        self, histories: Sequence[Past], choose: Choose, *, promotes: bool = True
    ) -> PromotionReport:
        """Train the chosen network and promote it if its gates hold; before that, what is missing.

        Unless it ``promotes``, nothing that serves changes: no baseline is started either.
        """
        trained = _counter(choose.networks + len(SIX_FOLDS) + 1, self.progress)
        panel = build_panel(histories, CLOSE_VOLATILITY, volatility_regime, days=self.days)
        self.say(f"panel: {len(panel):,} rows of {len(panel.instruments)} instruments")
        baseline = evaluate(panel, walk_forward.persistence)
        self.say(f"persistence: {_summary(baseline)}")
        # They need the panel alone, so something serves while the network is still trained.
        if promotes:
            self._start_baselines(panel, histories, baseline)
        # One run in MLflow from the first trial to the version: what fails on its way is seen there.
        with self.registry.run(manifests.REGIME) as run:
            choice = choose(panel, trained, self._tried(run, panel))
            self.say(f"configuration: {choice}")
            fit = walk_forward.network(choice.config, seed=self.seed)
            candidate = evaluate(panel, _counted(fit, trained))
            self.say(f"network: {_summary(candidate)}")
            report = self._gates(panel, candidate, baseline)
            # The configuration once more, on every row.
            network = train(panel.features, panel.label, choice.config, seed=self.seed)
            trained()
            version = self._register(panel, network, choice, candidate, report, run=run)
            self.say(f"registered {version.name} version {version.version}")
            rehearse(self.registry, version, network, panel.features)
        if not promotes:
            return keep(self.registry, version, report)
        return promote(self.registry, version, report, self.publish)

    def _tried(self, run: MlflowRun, panel: TrainingPanel) -> Tried:
        """Gives each trial a run of its own below `run`."""
        of = self.source
        learned = Learned(of.universe, of.snapshot, panel.digest, of.members)

        def tried(trial: Trial) -> None:
            self.registry.log_trial(run, metrics.of_trial(trial, seed=self.seed), learned)

        return tried

    def _start_baselines(
        self, panel: TrainingPanel, histories: Sequence[Past], persistence: Evaluation
    ) -> None:
        started = ensure_champions(
            self.registry,
            panel,
            histories,
            persistence,
            source=self.source,
            serving=self.serving,
            publish=self.publish,
        )
        for version in started:
            self.say(f"serving {version.name} version {version.version}")

    def _gates(
        self, panel: TrainingPanel, candidate: Evaluation, baseline: Evaluation
    ) -> GateReport:
        report = gates.check(panel, candidate, baseline, seed=self.seed)
        measured = metrics.of_evaluation(candidate)
        more = against_champion(self.registry, manifests.REGIME, measured, panel=panel.digest)
        report = replace(report, conditions=report.conditions + more)
        for condition in report.conditions:
            self.say(f"gate: {condition}")
        return report

    def _register(
        self,
        panel: TrainingPanel,
        network: Network,
        choice: Choice,
        candidate: Evaluation,
        report: GateReport,
        *,
        run: MlflowRun,
    ) -> RegisteredVersion:
        """The network with the metrics of its configuration's validation."""
        measured = {**metrics.of_evaluation(candidate), **metrics.of_gates(report)}
        return self.registry.register(
            manifests.REGIME,
            lambda version: manifests.regime(
                version,
                "mlp",
                panel,
                source=self.source,
                metrics=measured,
                seed=self.seed,
            ),
            {"sizes": network.sizes, "parameters": network.parameters},
            params={**asdict(choice.config), "seed": self.seed},
            documents=_documents(choice, candidate, report),
            gates=[condition.to_json() for condition in report.conditions],
            run=run,
        )


def _counter(total: int, progress: CountDone) -> Trained:
    """Counts networks up to ``total``, and tells of each."""
    numbers = count(1)
    return lambda: progress(next(numbers), total)


def _counted(fit: Fit, trained: Trained) -> Fit:
    def counted(panel: TrainingPanel) -> Predictor:
        predictor = fit(panel)
        trained()
        return predictor

    return counted


def _documents(choice: Choice, candidate: Evaluation, report: GateReport) -> dict[str, Any]:
    return {
        "trials": {"trials": [asdict(trial) for trial in choice.trials]},
        "folds": {"folds": [asdict(fold) for fold in candidate.folds]},
        "gates": asdict(report),
    }


def _summary(evaluation: Evaluation) -> str:
    return (
        f"validation accuracy {evaluation.validation.accuracy:.4f}, "
        f"training {evaluation.train.accuracy:.4f}, log loss {evaluation.validation.log_loss:.4f}"
    )
