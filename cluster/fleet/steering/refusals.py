"""Spot that is refused is left alone for a while, and tried again later.

Ray asks a type whose launch was refused again at its next turn, for ever, and never tries another one
that would do: the work waits as long as the market has none. A type that may have no more nodes than
it has is passed over, and what stands next in the pool, at last its own nodes on demand, is bought.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FIRST_PAUSE: Final = timedelta(minutes=5)
LONGEST_PAUSE: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Pause:
    """A node type is not bought until then; `times` it was refused in a row."""

    until: datetime
    times: int = 1


def paused(
    pauses: Mapping[str, Pause],
    refused: Mapping[str, datetime],
    *,
    first: timedelta = FIRST_PAUSE,
) -> dict[str, Pause]:
    """The pauses after what was refused: the last refusal of each node type that may pause.

    A refusal before the end of a pause is one that the pause came of. Each one after a pause doubles
    it, up to an hour; a type that was not refused within an hour after its pause begins anew.
    """
    found = dict(pauses)
    for name, at in refused.items():
        before = pauses.get(name)
        if before is None or at > before.until + LONGEST_PAUSE:
            found[name] = Pause(at + first)
        elif at > before.until:
            length = min(first * 2**before.times, LONGEST_PAUSE)
            found[name] = Pause(at + length, before.times + 1)
    return found
