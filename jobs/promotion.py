"""The command of a job that ends in a promotion: progress beside the outcome, errors in one line."""

import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

import orjson

from cluster.errors import TriiError
from cluster.queue.progress import report
from cluster.settings import Settings, load_settings
from market.errors import MarketError

Say = Callable[[str], None]


class Outcome(Protocol):
    """What became of a candidate: `str` is one line for people."""

    def to_json(self) -> dict[str, Any]:
        """The same for programs."""


def command(work: Callable[[Settings, Say], Outcome], *, as_json: bool) -> int:
    """Do the work and print its outcome; returns the exit status.

    0 done, 1 failed, 2 bad input. A candidate that stays a challenger is no failure.
    """
    began = time.perf_counter()

    def say(text: str) -> None:
        sys.stderr.write(f"[{time.perf_counter() - began:5.1f} s] {text}\n")
        sys.stderr.flush()

    try:
        outcome = work(load_settings(), say)
    except (TriiError, MarketError, OSError) as exc:
        say(f"error: {exc}")
        return exc.exit_code if isinstance(exc, TriiError) else 1
    text = orjson.dumps(outcome.to_json()).decode() if as_json else str(outcome)
    sys.stdout.write(f"{text}\n")
    return 0


def say_progress(done: int, of: int) -> None:
    """On standard error, so that standard output stays one document."""
    report(done, of, "networks", stream=sys.stderr)
