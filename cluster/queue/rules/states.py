"""The states of a job and the moves between them; every move that is not listed is refused."""

from typing import Final, Literal

JobState = Literal["queued", "submitting", "running", "succeeded", "failed", "cancelled", "expired"]

# `queued` behind `submitting` and `running` is another attempt; behind an end it is `trii jobs retry`.
MOVES: Final[dict[JobState, frozenset[JobState]]] = {
    "queued": frozenset({"submitting", "failed", "cancelled", "expired"}),
    "submitting": frozenset({"running", "queued", "succeeded", "failed", "cancelled"}),
    "running": frozenset({"queued", "succeeded", "failed", "cancelled"}),
    "succeeded": frozenset(),
    "failed": frozenset({"queued"}),
    "cancelled": frozenset({"queued"}),
    "expired": frozenset({"queued"}),
}
ENDED: Final[frozenset[JobState]] = frozenset({"succeeded", "failed", "cancelled", "expired"})
ACTIVE: Final[frozenset[JobState]] = frozenset({"submitting", "running"})
OPEN: Final[frozenset[JobState]] = ACTIVE | {"queued"}
STATES: Final[tuple[JobState, ...]] = tuple(MOVES)


def may_move(before: JobState, after: JobState) -> bool:
    return after in MOVES[before]
