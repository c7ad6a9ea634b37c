"""Evaluations as the flat numbers that manifests and MLflow hold."""

from collections.abc import Iterable
from dataclasses import asdict

import numpy as np

from cluster.registry.mlflow_run import TrialRun
from cluster.stores.lake.known import Past
from market.arrays import Floats
from market.features import QUANTILE_PERMILLE, RETURN_HORIZON, RETURN_RESIDUALS
from market.labels import forward_return
from market.splits import SIX_FOLDS
from training.choice import Trial
from training.gates import GateReport
from training.scores import Scores
from training.walk_forward import Evaluation


def of_evaluation(evaluation: Evaluation) -> dict[str, float]:
    """Pooled scores of validation and training, and the validation accuracy of each fold."""
    return {
        **_of_scores("validation", evaluation.validation),
        **_of_scores("train", evaluation.train),
        **{f"accuracy_{fold.fold}": fold.validation.accuracy for fold in evaluation.folds},
    }


def of_gates(report: GateReport) -> dict[str, float]:
    """The gain over persistence and its interval."""
    gain = report.gain
    return {"gain": gain.mean, "gain_lower": gain.lower, "gain_upper": gain.upper}


def of_trial(trial: Trial, *, seed: int) -> TrialRun:
    """A trial of a search; its number tells apart what reads alike."""
    config = trial.config
    units = "-".join(map(str, config.hidden))
    return TrialRun(
        f"trial {trial.number:03d}: {units}, rate {config.learning_rate:.3g}, "
        f"decay {config.weight_decay:.3g}",
        params={**asdict(config), "seed": seed},
        metrics={"log_loss": trial.log_loss, "accuracy": trial.accuracy},
    )


def of_return_quantiles(histories: Iterable[Past]) -> dict[str, float]:
    """Coverage of the interval and pinball loss of each quantile, over the years of validation."""
    parts = [_quantiles_and_returns(past) for past in histories]
    quantiles, moves = (np.concatenate(column) for column in zip(*parts, strict=True))
    inside = (quantiles[:, 0] <= moves) & (moves <= quantiles[:, -1])
    losses = {
        f"pinball_q{permille / 1000:g}": _pinball(quantiles[:, at], moves, permille / 1000)
        for at, permille in enumerate(QUANTILE_PERMILLE)
    }
    return {"validation_rows": float(len(moves)), "interval_coverage": inside.mean(), **losses}


def _of_scores(prefix: str, scores: Scores) -> dict[str, float]:
    names = ("rows", "accuracy", "balanced_accuracy", "share", "log_loss", "brier")
    return {f"{prefix}_{name}": float(getattr(scores, name)) for name in names}


def _quantiles_and_returns(past: Past) -> tuple[Floats, Floats]:
    rows, quantiles = past.features(RETURN_RESIDUALS)
    moves = forward_return(past.bars.close, horizon=RETURN_HORIZON).value[rows]
    start, end = np.datetime64(SIX_FOLDS[0].start), np.datetime64(SIX_FOLDS[-1].end)
    session = past.bars.session[rows]
    chosen = (session >= start) & (session <= end)
    chosen &= np.isfinite(quantiles).all(axis=1) & np.isfinite(moves)
    return quantiles[chosen], moves[chosen]


def _pinball(quantile: Floats, moves: Floats, level: float) -> float:
    """Mean pinball loss, which the true quantile minimises."""
    short = moves - quantile
    return float(np.maximum(level * short, (level - 1) * short).mean())
