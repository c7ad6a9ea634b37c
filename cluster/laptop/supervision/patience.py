"""How patiently a component is started again: at once, then ever later, then not any more. Pure."""

from collections.abc import Sequence
from typing import Final

RESTART_WITHIN_S: Final = 2.0  # of its end what died runs again; a cluster's units wait as long
# Before the first start again, the second, and so on; behind the last one it is given up.
PAUSES_S: Final = (0.0, 1.0, 2.0, 4.0, 8.0)
FORGIVEN_AFTER_S: Final = 600.0


def next_start(starts: Sequence[float], *, died: float) -> float | None:
    """When what died at `died` is started again; None where it is given up.

    `starts` are the moments of earlier starts, tried ones too, in seconds of the same clock. One that
    lies FORGIVEN_AFTER_S back counts no more.
    """
    recent = sum(died - start < FORGIVEN_AFTER_S for start in starts)
    return died + PAUSES_S[recent] if recent < len(PAUSES_S) else None
