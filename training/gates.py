"""The accuracy gates of the volatility regime: what a candidate must show before it may serve."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from market.arrays import Floats
from market.errors import DataNotFit
from market.inference import MeanInterval, block_bootstrap_mean
from training.dataset import TrainingPanel
from training.scores import Scores, hits
from training.walk_forward import Evaluation


@dataclass(frozen=True, slots=True)
class Limits:
    """Accuracies and differences as fractions.

    ``block`` sessions are resampled together: three label spans, so that overlapping labels and
    slow regimes stay within a block.
    """

    train: float = 0.75
    validation: float = 0.70
    overfit: float = 0.08
    share: tuple[float, float] = (0.40, 0.60)
    gain: float = 0.0
    confidence: float = 0.95
    block: int = 63


@dataclass(frozen=True, slots=True)
class Condition:
    """One gate: a measured value and its limit."""

    name: str
    value: float
    relation: Literal["above", "at most"]
    limit: float

    @property
    def holds(self) -> bool:
        """False for NaN too."""
        if self.relation == "above":
            return self.value > self.limit
        return self.value <= self.limit

    def to_json(self) -> dict[str, Any]:
        """Plain values, with the verdict."""
        return {**asdict(self), "holds": self.holds}

    def __str__(self) -> str:
        verdict = "holds" if self.holds else "fails"
        return f"{self.name} {self.value:.4f} ({self.relation} {self.limit:g}): {verdict}"


@dataclass(frozen=True, slots=True)
class GateReport:
    """All conditions with what they were measured on; ``measure`` is the accuracy that counted."""

    measure: Literal["accuracy", "balanced_accuracy"]
    share: float
    gain: MeanInterval
    conditions: tuple[Condition, ...]

    @property
    def passed(self) -> bool:
        return all(condition.holds for condition in self.conditions)

    @property
    def failures(self) -> tuple[Condition, ...]:
        return tuple(condition for condition in self.conditions if not condition.holds)


def check(
    panel: TrainingPanel,
    candidate: Evaluation,
    baseline: Evaluation,
    *,
    seed: int,
    limits: Limits | None = None,
) -> GateReport:
    """Gates of ``candidate`` against ``baseline``, both evaluated on the same rows of ``panel``.

    Where the pooled class share leaves ``limits.share``, balanced accuracy stands for accuracy
    throughout, so that always naming the larger class cannot pass.
    """
    if not np.array_equal(candidate.rows, baseline.rows):
        raise DataNotFit("candidate and baseline were evaluated on different rows")
    limits = limits or Limits()
    share = candidate.validation.share
    balanced = not limits.share[0] <= share <= limits.share[1]
    gain = _gain(panel, candidate, baseline, limits, balanced=balanced, seed=seed)
    train = _accuracy(candidate.train, balanced=balanced)
    validation = _accuracy(candidate.validation, balanced=balanced)
    return GateReport(
        "balanced_accuracy" if balanced else "accuracy",
        share,
        gain,
        (
            Condition("training accuracy", train, "above", limits.train),
            Condition("validation accuracy", validation, "above", limits.validation),
            Condition("training less validation", train - validation, "at most", limits.overfit),
            Condition(
                f"gain over persistence, {limits.confidence:.0%} lower bound",
                gain.lower,
                "above",
                limits.gain,
            ),
        ),
    )


def _accuracy(scores: Scores, *, balanced: bool) -> float:
    return scores.balanced_accuracy if balanced else scores.accuracy


def _gain(
    panel: TrainingPanel,
    candidate: Evaluation,
    baseline: Evaluation,
    limits: Limits,
    *,
    balanced: bool,
    seed: int,
) -> MeanInterval:
    label = panel.label[candidate.rows]
    gain = hits(candidate.probability, label) - hits(baseline.probability, label)
    if balanced:
        gain = gain * _class_weights(label)
    return block_bootstrap_mean(
        gain,
        panel.session[candidate.rows],
        block=limits.block,
        seed=seed,
        confidence=limits.confidence,
    )


def _class_weights(label: Floats) -> Floats:
    """Weights of mean 1 under which both classes count the same: mean hit = balanced accuracy."""
    share = label.mean()
    weights: Floats = np.where(label > 0.5, 0.5 / share, 0.5 / (1 - share))
    return weights
