"""Jobs run behind what people wait for: Serve's replicas get the processors first."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

BEHIND: Final = (
    10  # niceness; replicas run at 0, so a replica that wants a processor gets nine tenths
)
HOOK: Final = f"{__name__}.go_behind"  # as Ray calls it in each worker of a job


def go_behind() -> None:
    """Put this process behind. Linux keeps niceness by thread, and Ray has started some already."""
    for thread in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):  # it has ended meanwhile
            number = int(thread.name)
            # Who is behind further already stays there: only root may come forward.
            nice = max(BEHIND, os.getpriority(os.PRIO_PROCESS, number))
            os.setpriority(os.PRIO_PROCESS, number, nice)
