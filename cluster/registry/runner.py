"""The one way a model answers: in replicas, in replays and in validation. No MLflow, no torch."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from cluster.registry import artifact
from cluster.registry.artifact import Arrays, ArtifactError
from cluster.registry.manifest import Algorithm, Manifest
from cluster.stores.place import Place
from market.arrays import Floats
from market.errors import DataNotFit, MarketError
from market.features import FeatureSet, feature_set
from market.models.baselines import persistence_probability
from market.models.forward import Network

Forward = Callable[[Floats], Floats]
CLASSES = ("below", "above")
"""The outcomes of a probability model: below and above what is usual for the instrument."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A range that holds the outcome with probability ``coverage``."""

    lower: float
    upper: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """One answer. ``value`` is the probability of "above", or the median log return.

    ``probabilities`` by class and ``quantiles`` by level: the one that the kind has; the other and,
    for probabilities, ``interval`` are None.
    """

    value: float
    probabilities: dict[str, float] | None = None
    quantiles: dict[float, float] | None = None
    interval: Interval | None = None


@dataclass(frozen=True, eq=False)
class ModelRunner:
    """A loaded model: ``manifest`` says what it is, ``features`` what it reads."""

    manifest: Manifest
    features: FeatureSet
    forward: Forward

    @classmethod
    def load(cls, folder: Path | Place, *, sha256: str) -> "ModelRunner":
        """The model in ``folder``; ArtifactError if its bytes or features are not those registered."""
        manifest, arrays = artifact.read(folder, sha256=sha256)
        return cls.build(manifest, arrays)

    @classmethod
    def build(cls, manifest: Manifest, arrays: Arrays) -> "ModelRunner":
        """A runner from memory, as training uses it before anything is written."""
        what = f"model {manifest.name} version {manifest.version}"
        try:
            features = feature_set(manifest.feature_set)
            forward = _FORWARDS[manifest.algorithm](arrays)
        except (MarketError, KeyError) as exc:
            raise ArtifactError(f"{what} cannot be built: {exc}") from exc
        if features.definition_hash != manifest.feature_hash:
            raise ArtifactError(
                f"{what} was trained on another definition of {features.name!r}: train it again"
            )
        return cls(manifest, features, forward)

    def predict(self, features: Floats) -> Floats:
        """Answers for rows (m, k): probabilities (m,) or quantiles (m, q). NaN in, NaN out.

        A row's bytes do not depend on the rows beside it.
        """
        rows = np.ascontiguousarray(features, dtype=np.float64)
        width = len(self.features.columns)
        if rows.ndim != 2 or rows.shape[1] != width:
            raise DataNotFit(f"features have shape {rows.shape}: expected (m, {width})")
        return self.forward(rows)

    def predict_row(self, features: Floats) -> Prediction:
        """The answer for one feature row (k,); DataNotFit if a feature is missing."""
        if not np.isfinite(features).all():
            raise DataNotFit(
                f"{self.manifest.name} needs {self.features.lookback} closes "
                "without a gap or a standstill of several sessions"
            )
        answer = self.predict(features[np.newaxis])[0]
        if self.manifest.kind == "probability":
            return _probability(float(answer))
        return _quantiles(answer, self.manifest)

    def predict_closes(self, close: Floats) -> Prediction:
        """The answer at the last of the closes (n,); DataNotFit if they are too few or have gaps."""
        return self.predict_row(self.features.latest(close))


def _probability(above: float) -> Prediction:
    return Prediction(above, probabilities=dict(zip(CLASSES, (1.0 - above, above), strict=True)))


def _quantiles(answer: Floats, manifest: Manifest) -> Prediction:
    values = [float(value) for value in answer]
    levels = manifest.quantile_levels
    value = float(np.interp(0.5, levels, values))
    return Prediction(
        value,
        quantiles=dict(zip(levels, values, strict=True)),
        interval=_interval(values, manifest),
    )


def _interval(values: list[float], manifest: Manifest) -> Interval | None:
    low, high = manifest.interval_columns
    if low is None or high is None or manifest.coverage is None:
        return None
    return Interval(values[low], values[high], manifest.coverage)


def _mlp(arrays: Arrays) -> Forward:
    network = Network(arrays["sizes"], arrays["parameters"])
    return lambda rows: network.sigmoid(rows)[:, 0]


def _persistence(arrays: Arrays) -> Forward:
    return partial(persistence_probability, frequencies=arrays["frequencies"])


def _return_quantiles(_: Arrays) -> Forward:
    # Its features are the quantiles: see market.features.RETURN_RESIDUALS.
    return np.copy


_FORWARDS: dict[Algorithm, Callable[[Arrays], Forward]] = {
    "mlp": _mlp,
    "persistence": _persistence,
    "return-quantiles": _return_quantiles,
}
