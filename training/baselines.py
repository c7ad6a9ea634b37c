"""The registered baselines: what serves before any network has passed its gates."""

from collections.abc import Collection, Sequence

from cluster.registry.mlflow_client import Registry
from cluster.registry.versions import RegisteredVersion
from cluster.stores.lake.known import Past
from market.models.baselines import persistence_frequencies
from training import manifests, metrics
from training.dataset import Source, TrainingPanel
from training.promote import Publish, serve
from training.walk_forward import Evaluation


def ensure_champions(
    registry: Registry,
    panel: TrainingPanel,
    histories: Sequence[Past],
    persistence: Evaluation,
    *,
    source: Source,
    serving: Collection[str],
    publish: Publish,
) -> list[RegisteredVersion]:
    """Give each model that does not serve a champion: the registry's own, else its baseline.

    ``serving`` are the names that the control truth has. Gives the versions that were put to work.
    """
    started = []
    if manifests.REGIME not in serving:
        started.append(
            registry.resolve(manifests.REGIME, "champion")
            or register_persistence(registry, panel, persistence, source=source)
        )
    if manifests.RETURNS not in serving:
        started.append(
            registry.resolve(manifests.RETURNS, "champion")
            or register_return_quantiles(registry, histories, source=source)
        )
    for version in started:
        serve(registry, version, publish)
    return started


def register_persistence(
    registry: Registry,
    panel: TrainingPanel,
    evaluation: Evaluation,
    *,
    source: Source,
) -> RegisteredVersion:
    """Persistence with the frequencies of the whole panel and its walk-forward metrics."""
    frequencies = persistence_frequencies(panel.features, panel.label)
    measured = metrics.of_evaluation(evaluation)
    return registry.register(
        manifests.REGIME,
        lambda version: manifests.regime(
            version, "persistence", panel, source=source, metrics=measured
        ),
        {"frequencies": frequencies},
        params={"after_calm": frequencies[0], "after_turbulent": frequencies[1]},
        documents={},
    )


def register_return_quantiles(
    registry: Registry, histories: Sequence[Past], *, source: Source
) -> RegisteredVersion:
    """Quantiles of past returns: no parameters, so its arrays are empty."""
    measured = metrics.of_return_quantiles(histories)
    return registry.register(
        manifests.RETURNS,
        lambda version: manifests.returns(version, source=source, metrics=measured),
        {},
        params={},
        documents={},
    )
