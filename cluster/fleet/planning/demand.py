"""What work asks of a node, and whether some node type could ever hold it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol


class Offers(Protocol):
    """What a node of some type has."""

    @property
    def resources(self) -> Mapping[str, float]: ...

    @property
    def labels(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Demand:
    """One replica, task or bundle: its resources, and the labels of the nodes that it may run on.

    A selector's values are as Ray reads them: `gpu`, `!gpu`, `in(a,b)`, `!in(a,b)`.
    """

    name: str
    resources: Mapping[str, float]
    selector: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.name, *self.resources.items(), *self.selector.items()))

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether its selector takes a node with these labels."""
        return all(_takes(wanted, labels.get(key)) for key, wanted in self.selector.items())

    def fits(self, node: Offers) -> bool:
        """Whether an empty node of this kind could hold it."""
        return self.matches(node.labels) and all(
            amount <= node.resources.get(name, 0.0) for name, amount in self.resources.items()
        )

    def why_not(self, nodes: Mapping[str, Offers]) -> str | None:
        """Why no node of any kind could ever hold it; None where one could."""
        matching = {name: node for name, node in nodes.items() if self.matches(node.labels)}
        if not matching:
            told = ", ".join(f"{key}={value}" for key, value in self.selector.items())
            return f"no node type has the labels {told}"
        if any(self.fits(node) for node in matching.values()):
            return None
        return f"asks for {_told(self.resources)}; {_largest(matching)}"


def _takes(wanted: str, held: str | None) -> bool:
    negated, values = wanted.startswith("!"), wanted.removeprefix("!")
    listed = values.removeprefix("in(").removesuffix(")").split(",")
    return (held in [value.strip() for value in listed]) is not negated


def _largest(nodes: Mapping[str, Offers]) -> str:
    offers = (f"{name} has {_told(node.resources)}" for name, node in nodes.items())
    return "; ".join(offers)


def _told(resources: Mapping[str, float]) -> str:
    return ", ".join(f"{amount:g} {name}" for name, amount in resources.items())


def impossible(demands: Iterable[Demand], nodes: Mapping[str, Offers]) -> dict[str, str]:
    """Those that would wait for ever, each with its reason."""
    found = ((demand.name, demand.why_not(nodes)) for demand in demands)
    return {name: reason for name, reason in found if reason is not None}
