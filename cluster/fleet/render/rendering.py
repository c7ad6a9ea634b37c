"""A cluster's file as text, for whichever launcher reads it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from cluster.fleet.render import aws, kuberay
from cluster.fleet.render.text import as_yaml
from cluster.fleet.source.cluster import ClusterSource
from cluster.fleet.source.ground import Ground

TARGETS: Final[Mapping[str, Callable[[ClusterSource, Ground], Any]]] = {
    "aws": aws.document,
    "kuberay": kuberay.document,
}
_HEADING: Final = """{name}: written by `trii cluster render --env {environment}{target}`.
Change the source and render again; `trii cluster validate` says what is wrong with it."""


def render(source: ClusterSource, ground: Ground, *, target: str) -> str:
    """The text of `cluster.yaml`. Raises BadInput for what can't be fulfilled."""
    asked = "" if target == "aws" else f" --target {target}"
    heading = _HEADING.format(name=source.name, environment=source.environment, target=asked)
    return as_yaml(TARGETS[target](source, ground), heading=heading)
