"""What a universe set is declared from: its columns, and what becomes of missing members."""

from dataclasses import dataclass
from typing import Literal

from market.errors import BadParameter
from market.features.cross_section import ACROSS
from market.features.declared import InstrumentSet


@dataclass(frozen=True)
class Missing:
    """What becomes of a session in which members are missing: ``share`` of them must be present.

    ``drop``: computed over those present. ``all-or-none`` and ``at-least``: else no value at all.
    """

    policy: Literal["drop", "all-or-none", "at-least"]
    share: float


DROP, ALL_OR_NONE = Missing("drop", 0.0), Missing("all-or-none", 1.0)


def at_least(share: float) -> Missing:
    """No values in a session unless that share of the members, above 0 and below 1, is present."""
    if not 0.0 < share < 1.0:
        raise BadParameter(f"share={share}: expected above 0 and below 1", parameter="share")
    return Missing("at-least", share)


@dataclass(frozen=True)
class UniverseColumn:
    """One feature: an operation of ``ACROSS`` over a column of the base set."""

    name: str
    operation: str
    base: str
    description: str
    arguments: tuple[int, ...] = ()


def check_column(column: UniverseColumn, base: InstrumentSet) -> None:
    """BadParameter unless the operation, the base column and the arguments are known."""
    if column.operation not in ACROSS:
        raise BadParameter(
            f"column {column.name!r}: unknown operation {column.operation!r}: expected one of "
            f"{', '.join(ACROSS)}",
            parameter="operation",
        )
    if column.base not in base.names:
        raise BadParameter(
            f"column {column.name!r}: {base.name} has no column {column.base!r}", parameter="base"
        )
    expected = ACROSS[column.operation].arguments
    if len(column.arguments) != expected or not all(
        0 <= argument < 500 for argument in column.arguments
    ):
        raise BadParameter(
            f"column {column.name!r}: arguments {column.arguments}: expected {expected} from 0 to 499",
            parameter="arguments",
        )
