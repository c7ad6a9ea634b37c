"""One contract for every `python -m jobs.NAME`: how it ends, and the line that says why it failed."""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, NoReturn, ParamSpec

import orjson

from cluster.environment import collect_rarely
from cluster.errors import BadInput, TriiError
from cluster.queue import progress
from market.errors import MarketError

P = ParamSpec("P")
Say = Callable[[str], None]
CountDone = Callable[[int, int], None]


def command(main: Callable[P, int]) -> Callable[P, int]:
    """A `main` whose failure is one line `error: …` on standard error and an exit status.

    0 done, 1 failed, 2 bad input: what was asked, or data that do not fit it, is wrong. Nothing was
    written then, but for what a job commits as it goes (windows of an ingest). Files that can't be
    written (a full disk) are a failure.
    """

    @wraps(main)
    def run(*arguments: P.args, **options: P.kwargs) -> int:
        try:
            return main(*arguments, **options)
        except (TriiError, MarketError, OSError) as exc:
            sys.stderr.write(f"error: {' '.join(str(exc).split())}\n")
            return _exit_code(exc)

    return run


def _exit_code(exc: Exception) -> int:
    if isinstance(exc, TriiError):
        return exc.exit_code
    return BadInput.exit_code if isinstance(exc, MarketError) else TriiError.exit_code


def run_alone(main: Callable[[], int]) -> NoReturn:
    """Run a module's `main` in the process that is its own, which ends with its exit status."""
    collect_rarely()
    sys.exit(main())


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Within it a stop, or a terminal that is closed, leaves through the handlers, as Ctrl-C does.

    So that the row of what is being done says that it was stopped. In the main thread alone.
    """
    kinds = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(kind, lambda number, _: sys.exit(128 + number)) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def print_outcome(document: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """The outcome, alone on standard output: one JSON document, or a few lines for people."""
    shown = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY).decode() if as_json else text
    sys.stdout.write(f"{shown}\n")


def stopwatch() -> Say:
    """Says what happens on standard error, with the seconds since now before it."""
    began = time.perf_counter()

    def say(text: str) -> None:
        sys.stderr.write(f"[{time.perf_counter() - began:5.1f} s] {text}\n")
        sys.stderr.flush()

    return say


def counting(unit: str) -> CountDone:
    """Tells how many of all are done, on standard error, for whoever follows the job."""

    def tell(done: int, of: int) -> None:
        progress.report(done, of, unit, stream=sys.stderr)

    return tell
