"""What the models of this platform say of themselves."""

from collections.abc import Mapping
from datetime import date

from cluster.registry.manifest import Algorithm, Manifest
from market.arrays import from_day
from market.features import (
    CLOSE_VOLATILITY,
    MONTH,
    QUANTILE_PERMILLE,
    RETURN_HORIZON,
    RETURN_RESIDUALS,
)
from training.dataset import Source, TrainingPanel

REGIME, RETURNS = "volatility-regime", "return-quantiles"
_REGIME_TEXT = (
    f"Probability that the next {MONTH} sessions' realised volatility is above the instrument's own "
    "trailing five-year median"
)
_RETURN_TEXT = (
    f"Quantiles of the log return over the next {RETURN_HORIZON} sessions, from the instrument's own "
    "past returns in units of its volatility at the time"
)


def regime(
    version: str,
    algorithm: Algorithm,
    panel: TrainingPanel,
    *,
    source: Source,
    metrics: Mapping[str, float],
    seed: int | None = None,
) -> Manifest:
    """A volatility-regime model fitted on all rows of ``panel``."""
    return Manifest(
        name=REGIME,
        version=version,
        kind="probability",
        algorithm=algorithm,
        description=_REGIME_TEXT,
        horizon=MONTH,
        feature_set=CLOSE_VOLATILITY.name,
        feature_hash=CLOSE_VOLATILITY.definition_hash,
        universe=source.universe,
        members=source.members,
        trained_on=panel.instruments,
        trained_until=_last_day(panel),
        snapshot=source.snapshot,
        panel=panel.digest,
        seed=seed,
        metrics=dict(metrics),
    )


def returns(version: str, *, source: Source, metrics: Mapping[str, float]) -> Manifest:
    """The return-quantiles baseline: nothing fitted, so it has seen nothing in training."""
    levels = tuple(permille / 1000 for permille in QUANTILE_PERMILLE)
    return Manifest(
        name=RETURNS,
        version=version,
        kind="quantiles",
        algorithm="return-quantiles",
        description=_RETURN_TEXT,
        horizon=RETURN_HORIZON,
        feature_set=RETURN_RESIDUALS.name,
        feature_hash=RETURN_RESIDUALS.definition_hash,
        quantile_levels=levels,
        coverage=round(levels[-1] - levels[0], 9),
        universe=source.universe,
        members=source.members,
        snapshot=source.snapshot,
        metrics=dict(metrics),
    )


def _last_day(panel: TrainingPanel) -> date:
    return from_day(panel.settled.max())
