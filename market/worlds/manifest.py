"""Everything that is true of a world and hidden in its bars, as plain rows to be stored or printed."""

from dataclasses import asdict
from typing import Any

from market.worlds.world import SyntheticWorld


def manifest(world: SyntheticWorld) -> list[dict[str, Any]]:
    """A row for each signal, action, membership change, restatement and fault.

    ``record`` says which it is, an action also has its ``kind``; the other columns are the fields
    of the record's dataclass.
    """
    kinds: dict[str, tuple[Any, ...]] = {
        "signal": world.signals(),
        "membership": world.memberships(),
        "restatement": world.restatements(),
        "fault": world.faults(),
    }
    rows = [
        {"record": name, **asdict(record)} for name, records in kinds.items() for record in records
    ]
    actions = [
        {"record": "action", "kind": action.kind, **asdict(action)} for action in world.actions()
    ]
    return rows + actions
