"""The search for a configuration, by Ray Tune on folds that lie before the validation folds.

So the validated accuracy is not bent by the choice: no configuration has seen those years, not
even through a label.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from datetime import date
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from ray import tune
from ray.tune.schedulers import ASHAScheduler

from cluster.errors import PlatformError
from market.splits import SIX_FOLDS, Fold, walk_forward
from training.choice import Trained, Trial
from training.dataset import TrainingPanel
from training.network import NetworkConfig, Trainer
from training.scores import score

TUNING_FOLDS = tuple(Fold(date(year, 1, 1), date(year + 2, 12, 31)) for year in (1999, 2002))
MAX_EPOCHS = 8
SPACE = tuple(
    NetworkConfig(hidden=hidden, learning_rate=rate, weight_decay=decay, epochs=MAX_EPOCHS)
    for hidden, rate, decay in product(((64, 32), (32, 16), (16,)), (3e-3, 1e-3), (1.0, 1e-2))
)
"""Every configuration that a sweep tries, likely ones first: ASHA stops what falls behind them."""


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
        network = NetworkConfig(**config["network"])
        self._trainers = [
            Trainer(train.features, train.label, network, seed=self._seed)
            for train, _ in self._folds
        ]

    def step(self) -> dict[str, float]:
        for trainer in self._trainers:
            trainer.epoch()
        said = [
            trainer.network().sigmoid(test.features)[:, 0]
            for trainer, (_, test) in zip(self._trainers, self._folds, strict=True)
        ]
        known = np.concatenate([test.label for _, test in self._folds])
        pooled = score(np.concatenate(said), known)
        return {"log_loss": pooled.log_loss, "accuracy": pooled.accuracy}


class _Teller(tune.Callback):
    """Tells of each trial that ends."""

    def __init__(self, trained: Trained) -> None:
        self._trained = trained

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:  # noqa: ARG002 - Ray's signature
        self._trained()


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
    space: Sequence[NetworkConfig] = SPACE,
    folds: Sequence[Fold] = TUNING_FOLDS,
) -> list[Trial]:
    """Trials by rising log loss on the tuning folds; ``epochs`` is what each was given.

    Ray must be initialised. ``selector`` holds the labels of the nodes to run on. Which trials stop
    early depends on the order in which they arrive, so only a trial's own numbers repeat exactly.
    Raises PlatformError if a trial failed.
    """
    resources = tune.PlacementGroupFactory([{"CPU": 1}], bundle_label_selector=[dict(selector)])
    known = before_validation(panel)
    # The panel lies in Ray's object store once, and does not travel with each trial.
    trainable = tune.with_parameters(FoldTrial, panel=known, folds=tuple(folds), seed=seed)
    tuner = tune.Tuner(
        tune.with_resources(trainable, resources),
        param_space={"network": tune.grid_search([asdict(config) for config in space])},
        tune_config=tune.TuneConfig(
            metric="log_loss",
            mode="min",
            scheduler=ASHAScheduler(max_t=MAX_EPOCHS, grace_period=2, reduction_factor=2),
            max_concurrent_trials=2,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            name="sweep",
            storage_path=str(storage),
            verbose=0,
            # A trial lasts seconds: its network is trained again, not stored.
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            callbacks=[_Teller(trained)],
        ),
    )
    return _trials(_fit(tuner))


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


def _trials(results: tune.ResultGrid) -> list[Trial]:
    trials = [_trial(results[at]) for at in range(len(results))]
    # NaN, of a network that diverged, has no place in an order: it would mix up the others'.
    return sorted(trials, key=lambda trial: (math.isnan(trial.log_loss), trial.log_loss))


def _trial(result: tune.Result) -> Trial:
    config, measured = result.config or {}, result.metrics or {}
    return Trial(
        NetworkConfig(**{**config["network"], "epochs": measured["training_iteration"]}),
        log_loss=measured["log_loss"],
        accuracy=measured["accuracy"],
    )
