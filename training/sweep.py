"""The search for a configuration, by Ray Tune on folds that lie before the validation folds.

So the validated accuracy is not bent by the choice: no configuration has seen those years, not
even through a label.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, replace
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from ray import tune

from cluster.errors import BadInput, Fault, PlatformError, TriiError
from market.splits import SIX_FOLDS, Fold, walk_forward
from training.choice import Trained, Trial, Tried
from training.dataset import TrainingPanel
from training.network import NetworkConfig, Trainer
from training.scores import score

TUNING_FOLDS = tuple(Fold(date(year, 1, 1), date(year + 2, 12, 31)) for year in (1999, 2002))


class FoldTrial(tune.Trainable):
    """One configuration: a step is one epoch on each tuning fold.

    Its process is used for the next configuration too: starting one costs more than a trial.
    """

    def setup(self, config: dict[str, Any], **given: Any) -> None:
        """``given`` are panel, folds and seed, from ``tune.with_parameters``."""
        panel: TrainingPanel = given["panel"]
        folds: Sequence[Fold] = given["folds"]
        splits = walk_forward(panel.session, panel.settled, folds)
        self._folds = [(panel.take(split.train), panel.take(split.test)) for split in splits]
        self._seed: int = given["seed"]
        self._begin(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self._begin(new_config)
        return True

    def _begin(self, config: dict[str, Any]) -> None:
        network = NetworkConfig(**config["tried"]["network"])
        self._left = network.epochs
        self._trainers = [
            Trainer(train.features, train.label, network, seed=self._seed)
            for train, _ in self._folds
        ]

    def step(self) -> dict[str, float | bool]:
        for trainer in self._trainers:
            trainer.epoch()
        said = [
            trainer.network().sigmoid(test.features)[:, 0]
            for trainer, (_, test) in zip(self._trainers, self._folds, strict=True)
        ]
        known = np.concatenate([test.label for _, test in self._folds])
        pooled = score(np.concatenate(said), known)
        self._left -= 1
        done = {tune.result.DONE: self._left == 0}
        return {"log_loss": pooled.log_loss, "accuracy": pooled.accuracy, **done}


class _Teller(tune.Callback):
    """Tells of each trial that ends; ``failed`` keeps the first time that nobody could be told.

    Tune takes what a callback raises for the trial's own failure, so nothing is raised to it.
    """

    def __init__(self, trained: Trained, tried: Tried) -> None:
        self._trained, self._tried = trained, tried
        self._told: set[int] = set()
        self.failed: TriiError | None = None

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:  # noqa: ARG002 - Ray's signature
        self.tell(_trial(trial.config, trial.last_result))

    def tell(self, trial: Trial) -> None:
        """Once each."""
        if trial.number in self._told:
            return
        self._told.add(trial.number)
        self._trained()
        try:
            self._tried(trial)
        except TriiError as exc:
            self.failed = self.failed or exc


def before_validation(panel: TrainingPanel) -> TrainingPanel:
    """The rows whose labels are settled before the first validation fold begins.

    The last month of the tuning folds goes too: its labels read the first returns of validation.
    """
    return panel.take(np.flatnonzero(panel.settled < np.datetime64(SIX_FOLDS[0].start)))


def sweep(
    panel: TrainingPanel,
    *,
    storage: Path,
    seed: int,
    selector: Mapping[str, str],
    trained: Trained,
    tried: Tried,
    space: Sequence[NetworkConfig],
    budget_s: int | None = None,
    gpus: float = 0.0,
    folds: Sequence[Fold] = TUNING_FOLDS,
) -> list[Trial]:
    """Trials by rising log loss on the tuning folds; ``epochs`` is what each was given.

    Ray must be initialised. ``selector`` holds the labels of the nodes to run on, ``gpus`` what a trial
    keeps of them: one, or a part of one; a CPU where it keeps none. The same panel,
    space and seed give the same trials in the same order, unless ``budget_s`` ends the search: then
    what has passed an epoch counts. Raises BadInput where nothing has, PlatformError if a trial
    failed.
    """
    teller = _Teller(trained, tried)
    # Machines with GPUs offer nothing else: a CPU asked for there would be waited for without end.
    kept = {"GPU": gpus} if gpus else {"CPU": 1.0}
    resources = tune.PlacementGroupFactory([kept], bundle_label_selector=[dict(selector)])
    known = before_validation(panel)
    # The panel lies in Ray's object store once, and does not travel with each trial.
    trainable = tune.with_parameters(FoldTrial, panel=known, folds=tuple(folds), seed=seed)
    numbered = [
        {"number": number, "network": asdict(config)} for number, config in enumerate(space, 1)
    ]
    tuner = tune.Tuner(
        tune.with_resources(trainable, resources),
        param_space={"tried": tune.grid_search(numbered)},
        # No trial is stopped for falling behind another: who does so first depends on the machine.
        tune_config=tune.TuneConfig(
            metric="log_loss",
            mode="min",
            time_budget_s=budget_s,
            max_concurrent_trials=2,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            name="sweep",
            storage_path=str(storage),
            verbose=0,
            # A trial lasts seconds: its network is trained again, not stored.
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            callbacks=[teller],
        ),
    )
    return _told(_trials(_fit(tuner), budget_s), teller)


def _told(trials: list[Trial], teller: _Teller) -> list[Trial]:
    """Those that the budget cut short, too, before the first failure to tell is raised."""
    for trial in sorted(trials, key=lambda trial: trial.number):
        teller.tell(trial)
    if teller.failed is not None:
        raise teller.failed
    return trials


def _fit(tuner: tune.Tuner) -> tune.ResultGrid:
    # Tune prints a table of its settings even when told to be quiet, and the trace of a failure
    # that is raised below.
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    with redirect_stdout(StringIO()):
        results = tuner.fit()
    if results.errors:
        first = str(results.errors[0]).strip().splitlines()[-1]
        raise PlatformError(
            f"{len(results.errors)} of {len(results)} trials failed: {first}"
        ) from results.errors[0]
    return results


def _trials(results: tune.ResultGrid, budget_s: int | None) -> list[Trial]:
    begun = [
        _trial(result.config or {}, result.metrics)
        for result in (results[at] for at in range(len(results)))
        if result.metrics and "log_loss" in result.metrics
    ]
    if not begun:
        message = f"budget_s={budget_s}: no network has passed an epoch by then: give more seconds"
        raise BadInput(message, faults=[Fault("budget_s", message)])
    # NaN, of a network that diverged, has no place in an order: it would mix up the others'.
    return sorted(
        begun, key=lambda trial: (math.isnan(trial.log_loss), trial.log_loss, trial.number)
    )


def _trial(config: Mapping[str, Any], measured: Mapping[str, Any]) -> Trial:
    tried = config["tried"]
    network = NetworkConfig(**tried["network"])
    return Trial(
        tried["number"],
        replace(network, epochs=measured["training_iteration"]),
        log_loss=measured["log_loss"],
        accuracy=measured["accuracy"],
    )
