"""How good probabilities were, by one definition for candidates and baselines."""

from dataclasses import dataclass

import numpy as np

from market.arrays import Floats

_CLIP = 1e-6  # one certain and wrong answer must not make the log loss infinite


@dataclass(frozen=True, slots=True)
class Scores:
    """Measures over ``rows`` rows; ``share`` is how often the label was 1, ``brier`` a mean square.

    A probability above one half counts as the class 1. ``balanced_accuracy`` is the mean of the
    accuracies within each class.
    """

    rows: int
    accuracy: float
    balanced_accuracy: float
    share: float
    log_loss: float
    brier: float


def score(probability: Floats, label: Floats) -> Scores:
    """Scores of probabilities (n,) for labels (n,) of 0 and 1."""
    right = hits(probability, label)
    clipped = np.clip(probability, _CLIP, 1 - _CLIP)
    loss = np.where(label > 0, np.log(clipped), np.log1p(-clipped))
    return Scores(
        rows=len(label),
        accuracy=float(right.mean()),
        # Over the classes that occur: one without a row has no accuracy.
        balanced_accuracy=float(
            np.mean([right[label == regime].mean() for regime in np.unique(label)])
        ),
        share=float(label.mean()),
        log_loss=float(-loss.mean()),
        brier=float(np.square(probability - label).mean()),
    )


def hits(probability: Floats, label: Floats) -> Floats:
    """1.0 where the likelier class came, else 0.0; shape (n,)."""
    right: Floats = ((probability > 0.5) == (label > 0.5)).astype(np.float64)
    return right
