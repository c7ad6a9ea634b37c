"""Purged walk-forward evaluation of networks and persistence: fit on each fold's past, score it, pool."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from market.arrays import Floats, RowNumbers
from market.models.baselines import persistence_frequencies, persistence_probability
from market.splits import SIX_FOLDS, Fold, walk_forward
from training.dataset import TrainingPanel
from training.network import NetworkConfig, train
from training.scores import Scores, score

Predictor = Callable[[Floats], Floats]
"""From features (m, k) to probabilities (m,)."""
Fit = Callable[[TrainingPanel], Predictor]
"""From training rows to what they teach."""


@dataclass(frozen=True, slots=True)
class FoldScores:
    """One fold's scores on its training rows and on its own rows."""

    fold: str
    train: Scores
    validation: Scores


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Folds one by one and pooled.

    ``rows`` (m,) are the panel's rows of all folds, and ``probability`` (m,) what was said of each
    before its fold began. ``train`` pools what each fold's model says of its own training rows.
    """

    folds: tuple[FoldScores, ...]
    train: Scores
    validation: Scores
    rows: RowNumbers
    probability: Floats


def evaluate(panel: TrainingPanel, fit: Fit, *, folds: Sequence[Fold] = SIX_FOLDS) -> Evaluation:
    """Fit and score ``fit`` on each fold. Candidates and baselines go through here alike."""
    splits = walk_forward(panel.session, panel.settled, folds)
    scores, said_train, said_test = [], [], []
    for split in splits:
        past, test = panel.take(split.train), panel.take(split.test)
        predict = fit(past)
        said_train.append(predict(past.features))
        said_test.append(predict(test.features))
        scores.append(
            FoldScores(
                str(split.fold),
                score(said_train[-1], past.label),
                score(said_test[-1], test.label),
            )
        )
    rows = np.concatenate([split.test for split in splits])
    seen = np.concatenate([split.train for split in splits])
    probability = np.concatenate(said_test)
    return Evaluation(
        folds=tuple(scores),
        train=score(np.concatenate(said_train), panel.label[seen]),
        validation=score(probability, panel.label[rows]),
        rows=rows,
        probability=probability,
    )


def network(config: NetworkConfig, *, seed: int) -> Fit:
    """Fits a network; it answers through the forward pass that serves."""

    def fit(panel: TrainingPanel) -> Predictor:
        trained = train(panel.features, panel.label, config, seed=seed)
        return lambda features: trained.sigmoid(features)[:, 0]

    return fit


def persistence(panel: TrainingPanel) -> Predictor:
    """Fits the two frequencies: how often a turbulent month follows a calm and a turbulent one."""
    frequencies = persistence_frequencies(panel.features, panel.label)

    def predict(features: Floats) -> Floats:
        return persistence_probability(features, frequencies)

    return predict
