"""How many replicas a latency asks for. Pure: no clock, no network."""

import math
from typing import Final

# Seconds over which a latency is measured; Serve waits as long between two steps up.
WINDOW_S: Final = 20
# At most twice as many at a time: what was measured is of the replicas that were there.
_MOST_AT_ONCE: Final = 2.0
# Fewer only where the rest would still be that far below the goal; between that and the goal all stays.
_EASY: Final = 0.7


def replicas(p95: float | None, *, goal: float, current: int, least: int, most: int) -> int:
    """The replicas wanted for a 95th percentile, in the unit of its goal; None holds what is.

    Latency is taken to fall as replicas rise. One goes at a time, and none whose going would ask for it
    again.
    """
    wanted = current
    if p95 is not None and current > 0:
        if p95 > goal:
            wanted = math.ceil(current * min(p95 / goal, _MOST_AT_ONCE))
        elif current > 1 and p95 * current / (current - 1) <= _EASY * goal:
            wanted = current - 1
    return max(least, min(most, wanted))
