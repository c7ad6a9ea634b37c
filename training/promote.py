"""Which version serves: the control truth first, then MLflow's aliases as its picture."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cluster.desired.store import ServedModel
from cluster.registry import artifact
from cluster.registry.artifact import ArtifactError
from cluster.registry.mlflow_client import Registry
from cluster.registry.runner import ModelRunner
from cluster.registry.versions import RegisteredVersion
from market.arrays import Floats
from market.models.forward import Network
from training.gates import Condition, GateReport

Publish = Callable[[ServedModel], None]
"""Writes which version is wanted; the row is the truth, so it comes first."""


@dataclass(frozen=True, slots=True)
class PromotionReport:
    """What became of a candidate: ``serving`` is the version that serves afterwards."""

    model: str
    version: str
    promoted: bool
    serving: str | None
    reason: str
    gates: GateReport

    def to_json(self) -> dict[str, Any]:
        """Plain values, each condition with its verdict."""
        plain = asdict(self)
        plain["gates"]["conditions"] = [condition.to_json() for condition in self.gates.conditions]
        return plain

    def __str__(self) -> str:
        """The outcome in one line."""
        kept = "" if self.serving is None else f"kept version {self.serving}, "
        verdict = "promoted" if self.promoted else f"{kept}not promoted"
        return f"{self.model} version {self.version}: {verdict}: {self.reason}"


def serve(registry: Registry, version: RegisteredVersion, publish: Publish) -> None:
    """Make ``version`` the champion; the champion so far becomes ``previous``."""
    # There before it is wanted: replicas load folders and never ask the registry.
    folder = registry.fetch(version)
    manifest, _ = artifact.read(folder, sha256=version.sha256)
    champion = registry.resolve(version.name, "champion")
    publish(
        ServedModel(
            name=version.name,
            version=version.version,
            alias="champion",
            kind=manifest.kind,
            horizon=manifest.horizon,
            folder=folder.url,
            sha256=version.sha256,
        )
    )
    # `previous` first: killed in between, the version so far has both names and none is lost.
    if champion is not None and champion.version != version.version:
        registry.set_alias(version.name, "previous", champion.version)
    registry.set_alias(version.name, "champion", version.version)


def rehearse(
    registry: Registry, version: RegisteredVersion, network: Network, features: Floats
) -> None:
    """Load the version as serving does, and hold its answers for features (m, k) against the network.

    Raises ArtifactError unless they are the same to the bit.
    """
    runner = ModelRunner.load(registry.fetch(version), sha256=version.sha256)
    if not np.array_equal(runner.predict(features), network.sigmoid(features)[:, 0]):
        raise ArtifactError(
            f"{version.name} version {version.version} answers otherwise than the network that was "
            "trained: it is not promoted"
        )


def promote(
    registry: Registry,
    version: RegisteredVersion,
    gates: GateReport,
    publish: Publish,
) -> PromotionReport:
    """Serve the candidate if every gate holds, else keep it as ``challenger``; says which and why."""
    if not gates.passed:
        return keep(registry, version, gates)
    serve(registry, version, publish)
    return PromotionReport(
        model=version.name,
        version=version.version,
        promoted=True,
        serving=version.version,
        reason=_holds(gates),
        gates=gates,
    )


def keep(registry: Registry, version: RegisteredVersion, gates: GateReport) -> PromotionReport:
    """Keep the candidate as ``challenger``, whatever its gates say: who serves goes on serving."""
    champion = registry.resolve(version.name, "champion")
    registry.set_alias(version.name, "challenger", version.version)
    if gates.passed:
        reason = f"a promotion was not asked for; {_holds(gates)}"
    else:
        reason = "; ".join(str(condition) for condition in gates.failures)
    return PromotionReport(
        model=version.name,
        version=version.version,
        promoted=False,
        serving=champion.version if champion else None,
        reason=reason,
        gates=gates,
    )


def against_champion(
    registry: Registry, name: str, metrics: dict[str, float], *, panel: str
) -> tuple[Condition, ...]:
    """The condition that a candidate beats the network that serves now.

    ``panel`` is the digest of the candidate's rows. None while a baseline serves (the gates already
    compare with it) or where the champion was validated on other rows: the two do not compare.
    """
    champion = registry.resolve(name, "champion")
    if champion is None:
        return ()
    manifest, _ = artifact.read(registry.fetch(champion), sha256=champion.sha256)
    if manifest.algorithm == "persistence" or manifest.panel != panel:
        return ()
    gain = manifest.metrics["validation_log_loss"] - metrics["validation_log_loss"]
    return (Condition(f"log loss below version {champion.version}'s by", gain, "above", 0.0),)


def _holds(gates: GateReport) -> str:
    gain = gates.gain
    return (
        f"every gate holds; gain over persistence {gain.mean:.4f} "
        f"({gain.confidence:.0%} interval {gain.lower:.4f} to {gain.upper:.4f})"
    )
