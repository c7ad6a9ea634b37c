"""A cluster's file as text, for whichever launcher reads it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from cluster.fleet.elsewhere import variable
from cluster.fleet.render import aws, kuberay
from cluster.fleet.render.commands import every_node
from cluster.fleet.render.text import as_yaml
from cluster.fleet.source import reading
from cluster.fleet.source.cluster import ClusterSource
from cluster.fleet.source.ground import Ground
from cluster.settings import Settings

SETTINGS: Final = "settings"
TARGETS: Final[Mapping[str, Callable[[ClusterSource, Ground], Any]]] = {
    "aws": aws.document,
    "kuberay": kuberay.document,
}
_HEADING: Final = """{name}: written by `trii cluster render --env {environment}{target}`.
Change the source and render again; `trii cluster validate` says what is wrong with it."""


def _usual(source: ClusterSource) -> str:
    """What the cluster of this environment is called where nobody names another."""
    return reading.cluster_source(source.environment).name


def settings_of(source: ClusterSource, ground: Ground) -> str:
    """The `platform.env` of whoever works on the cluster from a machine that is none of its nodes.

    The same settings as the nodes', without secrets.
    """
    # The home is a node's own.
    shared = {variable(name) for name in Settings.model_fields if name != "home"}
    told = every_node(source, ground)
    # JSON keeps its own quotes within these.
    return "".join(f"{name}='{told[name]}'\n" for name in sorted(shared & told.keys()))


def render(source: ClusterSource, ground: Ground, *, target: str) -> str:
    """The text of `cluster.yaml`. Raises BadInput for what can't be fulfilled."""
    if target == SETTINGS:
        return settings_of(source, ground)
    asked = "" if target == "aws" else f" --target {target}"
    asked += "" if source.name == _usual(source) else f" --name {source.name}"
    heading = _HEADING.format(name=source.name, environment=source.environment, target=asked)
    return as_yaml(TARGETS[target](source, ground), heading=heading)
