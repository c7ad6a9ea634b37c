"""`python -m cluster.laptop.supervision.watch`: wait for the end of each component, start it again.

It sleeps until a process ends, which the kernel tells, and looks twice a second whether `trii up` or
`trii down` changed what there is to watch. It loads little: a start is a process of its own, which
takes the platform's lock, so it waits for an `up` or `down` at work. It never ends anything.
"""

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cluster.environment import default_home
from cluster.errors import PlatformError
from cluster.laptop import processes, restarts
from cluster.laptop import state as states
from cluster.laptop.processes import ProcessRecord
from cluster.laptop.restarts import BUSY, RESTART, SUPERVISOR, Restarts
from cluster.laptop.state import PlatformState
from cluster.laptop.supervision.patience import FORGIVEN_AFTER_S, next_start

_LOOK_S: Final = 0.5
_WHOLE: Final = "ray"  # its parts end with it, and come back with it
Start = Callable[[str], "subprocess.Popen[str]"]


@dataclass
class Watched:
    """One component: the process that is waited for, and what was done when it died."""

    process: ProcessRecord
    descriptor: int | None  # of the process, readable when it has ended; None: it has
    died: float | None = None
    starts: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Starting:
    """A start on its way: what is started again, the PID that ended, and who does it since when."""

    name: str
    ended: int
    doer: "subprocess.Popen[str]"
    began: float


class Watch:
    """What is watched at one home. `start` begins to start a component again."""

    def __init__(self, home: Path, *, start: Start) -> None:
        self._home = home
        self._start = start
        self._watched: dict[str, Watched] = {}
        self._restarts = restarts.load(home)
        self._starting: Starting | None = None

    def turn(self) -> bool:
        """Look once, act, and sleep until something happens; False when the platform is gone."""
        self._finish()
        # Read behind that: a start that is done has written down what runs now.
        state = states.load(self._home)
        if state is None:
            return False
        self._follow(state)
        self._begin(state)
        self._sleep()
        return True

    def _follow(self, state: PlatformState) -> None:
        """Watch what the state names now; what is there no longer was ended on purpose."""
        named = {name: part.process for name, part in state.parts.items()} | state.processes
        named.pop(SUPERVISOR, None)
        for name in self._watched.keys() - named.keys():
            _close(self._watched.pop(name))
        for name, process in named.items():
            known = self._watched.get(name)
            if known is None or known.process != process:
                if known:
                    _close(known)
                starts = known.starts if known else []
                self._watched[name] = Watched(process, _descriptor(process), starts=starts)
                self._forgive(name)

    def _forgive(self, name: str) -> None:
        """Whoever starts it by hand begins anew with it."""
        told = self._restarts.get(name)
        if told and told.given_up:
            self._watched[name].starts.clear()
            self._tell(name, replace(told, given_up=False))

    def _begin(self, state: PlatformState) -> None:
        """Start again what died, one at a time; the parts of a node that died come back with it."""
        dead = {name: known for name, known in self._watched.items() if known.descriptor is None}
        for name, known in dead.items():
            if known.died is None:
                known.died = time.monotonic()
                say(f"{name} (PID {known.process.pid}) has ended")
        for name, known in dead.items():
            if self._starting is None and not (_WHOLE in dead and name in state.parts):
                self._try(name, known, known.died or 0.0)

    def _try(self, name: str, known: Watched, died: float) -> None:
        told = self._restarts.get(name, Restarts())
        if told.given_up:
            return
        due = next_start(known.starts, died=died)
        if due is None:
            minutes = round(FORGIVEN_AFTER_S / 60)
            reason = f"given up after {len(known.starts)} starts in {minutes} minutes"
            self._tell(name, replace(told, given_up=True, reason=f"{reason}: {told.reason}"))
        elif due <= time.monotonic() and not states.is_at_work(self._home):
            began = time.monotonic()
            self._starting = Starting(name, known.process.pid, self._start(name), began)

    def _finish(self) -> None:
        """What came of a start: one that gave way to somebody else's counts for nothing."""
        if self._starting is None or self._starting.doer.poll() is None:
            return
        done, self._starting = self._starting, None
        known, status = self._watched.get(done.name), done.doer.returncode
        said = done.doer.communicate()[0].strip().splitlines() or ["it said nothing"]
        if known is None or status == BUSY or status < 0:
            return
        known.starts.append(done.began)
        told = self._restarts.get(done.name, Restarts())
        if status:
            known.died = time.monotonic()
            self._tell(done.name, replace(told, reason=said[-1]))
            return
        took = time.monotonic() - done.began
        reason = f"PID {done.ended} ended; {said[-1]}, {took:.1f} s later"
        self._tell(done.name, replace(told, count=told.count + 1, reason=reason))

    def _tell(self, name: str, told: Restarts) -> None:
        now = datetime.now(UTC)
        self._restarts[name] = replace(told, at=now.isoformat(timespec="seconds"))
        restarts.save(self._home, self._restarts)
        say(f"{name}: {told.reason}")

    def _sleep(self) -> None:
        waiting = select.poll()
        for known in self._watched.values():
            if known.descriptor is not None:
                waiting.register(known.descriptor, select.POLLIN)
        ended = {descriptor for descriptor, _ in waiting.poll(_LOOK_S * 1000)}
        for known in self._watched.values():
            if known.descriptor in ended:
                _close(known)


def _descriptor(process: ProcessRecord) -> int | None:
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return None
    # Asked once it is held: a PID that another program got since is not ours.
    if processes.is_alive(process):
        return descriptor
    os.close(descriptor)
    return None


def _close(known: Watched) -> None:
    if known.descriptor is not None:
        os.close(known.descriptor)
        known.descriptor = None


def say(text: str) -> None:
    """A line of the supervisor's log."""
    sys.stdout.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {text}\n")
    sys.stdout.flush()


def start(name: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 - our own command, no shell
        [sys.executable, "-m", RESTART, name], stdout=subprocess.PIPE, text=True
    )


def main() -> None:
    watch = Watch(default_home(), start=start)
    while True:
        try:
            if not watch.turn():
                return
        except PlatformError as exc:  # a damaged state: whoever mends it is told by `trii doctor`
            say(str(exc))
            time.sleep(_LOOK_S)


if __name__ == "__main__":
    main()
