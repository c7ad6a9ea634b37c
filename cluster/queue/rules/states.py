"""The states of a job and the moves between them; every move that is not listed is refused."""

from typing import Final, Literal

State = Literal["queued", "submitting", "running", "succeeded", "failed", "cancelled", "expired"]

# `queued` behind `submitting` and `running` is another attempt; behind an end it is `trii jobs retry`.
MOVES: Final[dict[State, frozenset[State]]] = {
    "queued": frozenset({"submitting", "failed", "cancelled", "expired"}),
    "submitting": frozenset({"running", "queued", "succeeded", "failed", "cancelled"}),
    "running": frozenset({"queued", "succeeded", "failed", "cancelled"}),
    "succeeded": frozenset(),
    "failed": frozenset({"queued"}),
    "cancelled": frozenset({"queued"}),
    "expired": frozenset({"queued"}),
}
ENDED: Final[frozenset[State]] = frozenset({"succeeded", "failed", "cancelled", "expired"})
ACTIVE: Final[frozenset[State]] = frozenset({"submitting", "running"})
OPEN: Final[frozenset[State]] = ACTIVE | {"queued"}
STATES: Final[tuple[State, ...]] = tuple(MOVES)


def may_move(before: State, after: State) -> bool:
    return after in MOVES[before]
