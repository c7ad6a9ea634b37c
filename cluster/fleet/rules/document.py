"""A cluster's file with the line of each of its places."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from cluster.errors import BadInput

Place = tuple[str | int, ...]
# libyaml's reads a file ten times as fast, where PyYAML was built with it.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# NAME=value, as an environment file and a shell have it; a value ends with its quote or its word.
_VARIABLE: Final = re.compile(r"(?:^|\s)([A-Za-z_][A-Za-z0-9_]*)=('[^']*'|\"[^\"]*\"|\S*)")


@dataclass(frozen=True)
class ClusterFile:
    """What a file says, and where it says it."""

    path: Path
    told: Mapping[str, Any]
    lines: Mapping[Place, int]

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest one around it that the file has."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    @property
    def head_type(self) -> str:
        return str(self.told.get("head_node_type", ""))

    def types(self) -> Iterator[tuple[Place, str, Mapping[str, Any]]]:
        """Place, name and content of each node type."""
        for name, entry in (self.told.get("available_node_types") or {}).items():
            if isinstance(entry, Mapping):
                yield ("available_node_types", name), str(name), entry

    def workers(self) -> Iterator[tuple[Place, str, Mapping[str, Any]]]:
        """The same without the head's."""
        return (found for found in self.types() if found[1] != self.head_type)

    def commands(self) -> Iterator[tuple[Place, str]]:
        """Each command that a node runs before it works, and where it stands."""
        for section, content in self.told.items():
            if section.endswith("_commands"):
                for i, command in enumerate(content or []):
                    yield (section, i), str(command)
        for place, _, entry in self.types():
            for section in ("initialization_commands", "worker_setup_commands"):
                for i, command in enumerate(entry.get(section) or []):
                    yield (*place, section, i), str(command)

    def environment(self, section: str) -> dict[str, str]:
        """The variables that start commands set, as far as their text shows it."""
        text = "\n".join(map(str, self.told.get(section) or []))
        return {name: value.strip("'\"") for name, value in _VARIABLE.findall(text)}


def read(path: Path) -> ClusterFile:
    """A file's content. Raises BadInput for what can't be read, or is no mapping of YAML."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as exc:
        raise BadInput(f"{path}: can't be read ({exc})") from exc
    return parsed(text, path)


def parsed(text: str, path: Path) -> ClusterFile:
    """The same for a text. Raises BadInput."""
    try:
        loader = _LOADER(text)
        root = loader.get_single_node()
        told = loader.construct_document(root) if root else None
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise BadInput(f"{path}:{line}: not YAML: {exc.problem}") from exc
    if root is None or not isinstance(told, dict):
        raise BadInput(f"{path}: not a cluster's file; `trii cluster render --env dev` writes one")
    return ClusterFile(path, told, dict(_lines(root, ())))


def _lines(node: yaml.Node, place: Place) -> Iterator[tuple[Place, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*place, key.value), key.start_mark.line + 1
            yield from _lines(value, (*place, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for i, entry in enumerate(node.value):
            yield (*place, i), entry.start_mark.line + 1
            yield from _lines(entry, (*place, i))
