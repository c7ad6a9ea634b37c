"""The kinds of change, from two files of one cluster and the nodes that run.

Read from Ray's launcher and autoscaler: a head whose node configuration changed is ended and bought
anew; the head's start commands run in any case. Workers whose type is gone are ended at once, and
those whose configuration changed as well, unless `disable_launch_config_check` leaves them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from cluster.fleet.rules.document import ClusterFile

Kind = Literal["cluster", "head", "start", "add", "remove", "replace", "bounds", "settings"]
_KEYS: Final = ("ssh_private_key", "ssh_public_key")
_COMMANDS: Final = ("head_start_ray_commands", "worker_start_ray_commands")
# A type's own numbers, which the autoscaler reads again without touching a node.
_READ_AGAIN: Final = ("min_workers", "max_workers", "idle_timeout_s", "priority")


@dataclass(frozen=True)
class Change:
    """One change: what it is of, what happens, and whether work that runs is ended by it."""

    kind: Kind
    of: str
    effect: str
    destructive: bool = False

    def __str__(self) -> str:
        return f"{'!' if self.destructive else '~'} {self.of}: {self.effect}"


def changes(before: ClusterFile, after: ClusterFile, running: Mapping[str, int]) -> list[Change]:
    """Every change, the destructive first; `running` is how many nodes of each type there are."""
    found = [
        *_of_cluster(before, after),
        *_of_head(before, after),
        *_of_types(before, after, running),
        *_of_commands(before, after),
    ]
    return sorted(found, key=lambda change: not change.destructive)


def _of_cluster(before: ClusterFile, after: ClusterFile) -> Iterator[Change]:
    old, new = before.told.get("cluster_name"), after.told.get("cluster_name")
    if old != new:
        yield Change(
            "cluster", "cluster", f"{new} is a second cluster; {old} goes on", destructive=True
        )
    for key in ("type", "region"):
        was, told = (_provider(file).get(key) for file in (before, after))
        if was != told:
            effect = f"{key} {was} becomes {told}: a second cluster; the first goes on unseen"
            yield Change("cluster", "provider", effect, destructive=True)
    for key in ("max_workers", "upscaling_speed", "idle_timeout_minutes"):
        if before.told.get(key) != after.told.get(key):
            effect = f"{before.told.get(key)} becomes {after.told.get(key)}"
            yield Change("settings", key, effect)


def _of_head(before: ClusterFile, after: ClusterFile) -> Iterator[Change]:
    old, new = (_type(file, file.head_type) for file in (before, after))
    if _launched(old, before) != _launched(new, after):
        changed = ", ".join(_differing(old.get("node_config"), new.get("node_config")))
        effect = (
            f"ended and bought anew ({changed or 'its access'}): nodes serve on, nothing scales, "
            "deploys or starts until it is back with its state"
        )
        yield Change("head", after.head_type, effect, destructive=True)


def _of_types(
    before: ClusterFile, after: ClusterFile, running: Mapping[str, int]
) -> Iterator[Change]:
    old = {name: entry for _, name, entry in before.workers()}
    new = {name: entry for _, name, entry in after.workers()}
    for name in old.keys() - new.keys():
        yield _removed(name, running.get(name, 0), stays=_leaves_nodes(after))
    for name in new.keys() - old.keys():
        yield Change("add", name, f"added, {_bounds(new[name])}")
    for name in old.keys() & new.keys():
        yield from _of_type(name, (old[name], before), (new[name], after), running.get(name, 0))


def _of_type(
    name: str,
    old: tuple[Mapping[str, Any], ClusterFile],
    new: tuple[Mapping[str, Any], ClusterFile],
    nodes: int,
) -> Iterator[Change]:
    (was, before), (told, after) = old, new
    if _launched(was, before) != _launched(told, after):
        fields = ", ".join(_differing(was.get("node_config"), told.get("node_config")))
        if _leaves_nodes(after):
            effect = f"{fields}: {_nodes(nodes)} stay as they are until each is drained"
            yield Change("replace", name, effect)
        else:
            yield Change("replace", name, f"{fields}: {_nodes(nodes)} ended at once", nodes > 0)
    for key in ("resources", "labels"):
        if was.get(key) != told.get(key):
            effect = f"{key} {was.get(key)} become {told.get(key)} on nodes that start from now on"
            yield Change("settings", name, effect)
    if any(was.get(key) != told.get(key) for key in _READ_AGAIN):
        yield _of_bounds(name, was, told, nodes)


def _removed(name: str, nodes: int, *, stays: bool) -> Change:
    if nodes and stays:
        effect = (
            f"removed: {_nodes(nodes)} go on, and the autoscaler no longer sees them: drain them"
        )
        return Change("remove", name, effect)
    return Change("remove", name, f"removed: {_nodes(nodes)} ended at once", nodes > 0)


def _of_bounds(name: str, was: Mapping[str, Any], told: Mapping[str, Any], nodes: int) -> Change:
    least, most = int(told.get("min_workers", 0)), int(told.get("max_workers", 0))
    effect = f"{_bounds(was)} becomes {_bounds(told)}"
    if nodes > most:
        effect = f"{effect}: {_nodes(nodes - most)} ended at once"
        return Change("bounds", name, effect, destructive=True)
    if nodes < least:
        effect = f"{effect}: {_nodes(least - nodes)} bought"
    return Change("bounds", name, effect)


def _of_commands(before: ClusterFile, after: ClusterFile) -> Iterator[Change]:
    for section in _COMMANDS:
        if before.told.get(section) != after.told.get(section):
            names = sorted(
                name
                for name in before.environment(section).keys() | after.environment(section).keys()
                if before.environment(section).get(name) != after.environment(section).get(name)
            )
            what = f"changed ({', '.join(names)})" if names else "changed"
            yield Change("start", section, f"{what}: for nodes that start from now on")
    effect = "Ray starts again on the head, and reads its state; `--no-restart` leaves it"
    yield Change("start", after.head_type, effect)


def _launched(entry: Mapping[str, Any], file: ClusterFile) -> object:
    """What Ray's hash of a node's launch covers: of a key its content, wherever its file lies."""
    auth = file.told.get("auth") or {}
    return entry.get("node_config"), {
        name: value for name, value in auth.items() if name not in _KEYS
    }


def _differing(was: Any, told: Any, place: str = "") -> Iterator[str]:
    """The places at which two configurations differ."""
    if isinstance(was, Mapping) and isinstance(told, Mapping):
        for key in sorted(was.keys() | told.keys()):
            yield from _differing(was.get(key), told.get(key), f"{place}.{key}".lstrip("."))
    elif was != told:
        yield place or "node_config"


def _type(file: ClusterFile, name: str) -> Mapping[str, Any]:
    return next((entry for _, told, entry in file.types() if told == name), {})


def _provider(file: ClusterFile) -> Mapping[str, Any]:
    return file.told.get("provider") or {}


def _leaves_nodes(file: ClusterFile) -> bool:
    """Whether nodes of a configuration that changed are left running."""
    return bool(_provider(file).get("disable_launch_config_check"))


def _bounds(entry: Mapping[str, Any]) -> str:
    told = f"{entry.get('min_workers', 0)} to {entry.get('max_workers', 0)} nodes"
    extra = [f"{key} {entry[key]}" for key in _READ_AGAIN[2:] if entry.get(key) is not None]
    return ", ".join([told, *extra])


def _nodes(number: int) -> str:
    return "1 node" if number == 1 else f"{number} nodes"
