"""Which version serves: the control truth first, then MLflow's aliases as its picture."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from cluster.registry import artifact
from cluster.registry.mlflow_client import Registry
from cluster.registry.versions import RegisteredVersion
from cluster.stores.desired import ServedModel
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
        for condition, one in zip(plain["gates"]["conditions"], self.gates.conditions, strict=True):
            condition["holds"] = one.holds
        return plain


def serve(registry: Registry, version: RegisteredVersion, publish: Publish) -> None:
    """Make ``version`` the champion; the champion so far becomes ``previous``."""
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
            folder=str(folder),
            sha256=version.sha256,
        )
    )
    if champion is not None and champion.version != version.version:
        registry.set_alias(version.name, "previous", champion.version)
    registry.set_alias(version.name, "champion", version.version)


def promote(
    registry: Registry,
    version: RegisteredVersion,
    gates: GateReport,
    publish: Publish,
) -> PromotionReport:
    """Serve the candidate if every gate holds, else keep it as ``challenger``; says which and why."""
    champion = registry.resolve(version.name, "champion")
    if gates.passed:
        serve(registry, version, publish)
        return _report(version, gates, serving=version.version)
    registry.set_alias(version.name, "challenger", version.version)
    return _report(version, gates, serving=champion.version if champion else None)


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


def _report(
    version: RegisteredVersion, gates: GateReport, *, serving: str | None
) -> PromotionReport:
    gain = gates.gain
    if gates.passed:
        reason = (
            f"every gate holds; gain over persistence {gain.mean:.4f} "
            f"({gain.confidence:.0%} interval {gain.lower:.4f} to {gain.upper:.4f})"
        )
    else:
        reason = "; ".join(str(condition) for condition in gates.failures)
    return PromotionReport(version.name, version.version, gates.passed, serving, reason, gates)
