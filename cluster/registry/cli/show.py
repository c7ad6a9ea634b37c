"""`trii model show`: the versions of one model, and one of them with all that is known of it."""

from collections.abc import Iterator, Sequence

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.errors import NotFound
from cluster.laptop import identity
from cluster.registry.entries import GateOut, VersionOut
from cluster.registry.reader import PATIENT_S, RegistryReader

_MEASURED = ("validation_accuracy", "validation_log_loss", "interval_coverage")


@click.command()
@click.argument("name")
@click.option(
    "--version",
    metavar="N|ALIAS",
    help="Version to show whole: a number or an alias; by default the champion, else the newest.",
)
@json_option
def show(*, name: str, version: str | None, as_json: bool) -> None:
    """Show the versions of one model, and one of them whole: metrics, gates, where it comes from."""
    versions = _versions(name)
    # Also for a document: a version that is not there is bad input either way.
    chosen = _chosen(versions, version)
    if as_json:
        found = versions if version is None else [chosen]
        print_json([version.model_dump(mode="json") for version in found])
        return
    print_table(("version", "aliases", "created", *_columns(versions), "gates"), _rows(versions))
    click.echo("\n" + "\n".join(_whole(chosen)))


def _versions(name: str) -> list[VersionOut]:
    """Those of the model, at least one; the error of an unknown name lists the known ones."""
    settings = identity.running_settings()
    with RegistryReader.from_settings(settings, timeout_s=PATIENT_S) as registry:
        known = [model.name for model in registry.models()]
        found = registry.versions(name) if name in known else []
    if not found:
        what = "no complete version" if name in known else "no model of that name"
        raise NotFound(f"{what}; known: {', '.join(known) or 'none yet, `trii sweep run`'}")
    return found


def _chosen(versions: Sequence[VersionOut], wanted: str | None) -> VersionOut:
    names = {version.version: version for version in versions}
    names |= {alias: version for version in versions for alias in version.aliases}
    if wanted is None:
        return names.get("champion", versions[0])
    if wanted not in names:
        raise NotFound(f"--version {wanted}: expected one of {', '.join(names)}")
    return names[wanted]


def _columns(versions: Sequence[VersionOut]) -> list[str]:
    return [name for name in _MEASURED if any(name in version.metrics for version in versions)]


def _rows(versions: Sequence[VersionOut]) -> list[list[object]]:
    columns = _columns(versions)
    return [
        [
            *(
                version.version,
                ", ".join(version.aliases) or None,
                f"{version.created_at:%Y-%m-%d %H:%M}Z",
            ),
            *(_short(version.metrics.get(name)) for name in columns),
            _verdict(version.gates),
        ]
        for version in versions
    ]


def _short(value: float | None) -> str | None:
    return None if value is None else f"{value:.4f}"


def _verdict(gates: Sequence[GateOut] | None) -> str | None:
    if gates is None:
        return None
    return f"{sum(gate.holds for gate in gates)} of {len(gates)} hold"


def _whole(version: VersionOut) -> Iterator[str]:
    yield f"version {version.version}: {version.description or 'no description'}"
    yield from _section("metrics", {key: _short(one) for key, one in version.metrics.items()})
    if version.gates is not None:
        yield "gates"
        yield from (f"  {_gate(gate)}" for gate in version.gates)
    yield from _section("parameters", version.parameters)
    yield from _section("from", _lineage(version))


def _section(title: str, values: dict[str, str] | dict[str, str | None]) -> Iterator[str]:
    if values:
        width = max(map(len, values))
        yield title
        yield from (f"  {key.ljust(width)}  {values[key] or '-'}" for key in sorted(values))


def _gate(gate: GateOut) -> str:
    verdict = "holds" if gate.holds else "fails"
    return f"{gate.name} {_short(gate.value) or '-'} ({gate.relation} {gate.limit:g}): {verdict}"


def _lineage(version: VersionOut) -> dict[str, str]:
    dataset = version.dataset
    told = {} if dataset is None else {"dataset": f"{dataset.name} (digest {dataset.digest})"}
    return {**version.properties, **told, "run": version.run_id, "sha256": version.sha256}
