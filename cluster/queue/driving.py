"""What Ray starts as a job's driver: `python -I -m cluster.queue.driving PROGRAM …`.

It runs the program (`python -m MODULE …`) behind what people wait for, tells in the job's folder that it lives and
how it ended (`pulse.py`), and ends as the program did. Isolated (-I), so that no file of the job's own
code stands in for a module of the platform here.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

from cluster.environment import own_attempt
from cluster.errors import StoreError
from cluster.queue.behind import BEHIND
from cluster.queue.pulse import BEAT_S, Pulse, is_forbidden, tell
from cluster.stores.disk import Disk
from cluster.stores.place import Place

_KILLED_AFTER_S: Final = 3.0  # as Ray does it
_PR_SET_PDEATHSIG: Final = 1
_libc = ctypes.CDLL(None)


class Driver:
    """One attempt of a job."""

    def __init__(self, folder: Place, attempt: str) -> None:
        self._folder = folder
        self._attempt = attempt
        self._beats = 0
        self._mute = False
        self._over = threading.Event()
        self._module: subprocess.Popen[bytes] | None = None
        self._forbidden = False

    def run(self, words: list[str]) -> int:
        """Run the program of these words; its exit status, negative for a signal."""
        # Told before the wish to stop is looked for: see `pulse.py`.
        self._beat()
        if self._is_forbidden():
            self._tell(Pulse(self._beats, forbidden=True))
            return -signal.SIGTERM
        # Ray tells every process of the job to end: this one waits, to tell how the module did.
        signal.signal(signal.SIGTERM, lambda *_: None)
        self._module = subprocess.Popen(  # noqa: S603 - the queue's own words
            words,
            preexec_fn=_prepare,  # noqa: PLW1509 - no other thread runs yet
        )
        telling = threading.Thread(target=self._go_on, daemon=True)
        telling.start()
        status = self._module.wait()
        self._over.set()
        # What it is writing must not come behind the last word.
        telling.join()
        self._tell(Pulse(self._beats, None if self._forbidden else status, self._forbidden))
        return status

    def _go_on(self) -> None:
        while not self._over.wait(BEAT_S):
            self._beat()
            if not self._forbidden and self._is_forbidden():
                self._forbidden = True
                self._stop()

    def _stop(self) -> None:
        assert self._module is not None
        self._module.terminate()
        if not self._over.wait(_KILLED_AFTER_S):
            self._module.kill()

    def _beat(self) -> None:
        self._beats += 1
        self._tell(Pulse(self._beats))

    def _tell(self, pulse: Pulse) -> None:
        """A disk that is full, or a bucket that is away, ends no job: it is said once."""
        try:
            tell(self._folder, self._attempt, pulse)
            self._mute = False
        except (OSError, StoreError) as exc:
            if not self._mute:
                sys.stderr.write(f"the job's folder can't be written: {exc}\n")
            self._mute = True

    def _is_forbidden(self) -> bool:
        try:
            return is_forbidden(self._folder, self._attempt)
        except StoreError:  # said where it is written to
            return False


def _prepare() -> None:
    """The module's process: behind, and gone with this one, which alone could tell how it ended."""
    os.nice(BEHIND)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _place(folder: str) -> Place:
    if not folder.startswith("s3:"):
        return Disk(Path(folder))
    # Settings and a client of S3: a second and 30 MB that jobs on a disk need not pay.
    from cluster.stores.places import at  # noqa: PLC0415

    return at(folder)


def main() -> None:
    """End as the module did."""
    folder, attempt = own_attempt()
    status = Driver(_place(folder), attempt).run(sys.argv[1:])
    if status < 0:
        if -status != signal.SIGKILL:  # which nobody may handle
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


if __name__ == "__main__":
    main()
