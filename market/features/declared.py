"""What every feature set says of itself: name, version, anchor, columns, and the hash of it all."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, fields
from functools import cached_property
from typing import Any, ClassVar, Protocol, cast

from market.arrays import Floats
from market.bars import Bars
from market.errors import BadParameter


class Described(Protocol):
    """A column: its name and what its values are."""

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...


class Declared(ABC):
    """A feature set of any kind: a frozen dataclass whose fields are its whole definition.

    The hash covers the declaration, not the code: who changes what an operation computes raises the
    version of every set that uses it.
    """

    name: str
    version: int
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        doubled = {name for name in self.names if self.names.count(name) > 1}
        if doubled or not self.names:
            what = f"column {min(doubled)!r} twice" if doubled else "no column"
            raise BadParameter(f"feature set {self.name!r} has {what}", parameter="columns")

    @abstractmethod
    def described(self) -> Sequence[Described]:
        """The columns, in order."""

    @property
    @abstractmethod
    def anchor(self) -> str:
        """From where on a row depends on what came before it."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.described())

    @cached_property
    def definition_hash(self) -> str:
        """sha256 of the whole declaration; a model refuses features of another definition."""
        return hashlib.sha256(json.dumps(self._definition(), sort_keys=True).encode()).hexdigest()

    def describe(self) -> dict[str, Any]:
        """The declaration as plain JSON, for APIs and documents."""
        return {
            "name": self.name,
            "version": self.version,
            "kind": self.kind,
            "definition_hash": self.definition_hash,
            "anchor": self.anchor,
            **self._details(),
            "columns": [
                {"name": column.name, "description": column.description}
                for column in self.described()
            ],
        }

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what was derived from them is derived again elsewhere."""
        return {field.name: getattr(self, field.name) for field in fields(cast("Any", self))}

    def _definition(self) -> dict[str, Any]:
        return asdict(cast("Any", self))

    def _details(self) -> dict[str, Any]:
        """What only this kind has to say."""
        return {}


class InstrumentSet(Declared):
    """A set whose rows read the bars of one instrument, up to and with the row's own."""

    @property
    @abstractmethod
    def scale_free(self) -> bool:
        """Whether a series times a constant gives the same features, as adjusted prices need."""

    @property
    @abstractmethod
    def inputs(self) -> tuple[str, ...]:
        """The fields of a bar that it reads."""

    @abstractmethod
    def of_bars(self, bars: Bars, *, first: int = 0) -> Floats:
        """Rows ``first`` to the end of an instrument's bars, shape (n - first, k)."""

    def _details(self) -> dict[str, Any]:
        return {"inputs": list(self.inputs), "scale_free": self.scale_free}
