"""Progress of a job: lines of a fixed form in its output, `progress: {"done": 3, "total": 9}`."""

import math
import re
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TextIO

import orjson

_LINE = re.compile(r"^progress: (\{.*\})\s*$", re.MULTILINE)
# Ten years: at a pace near nothing the date itself would overflow.
_LONGEST_S: Final = 3650 * 86400.0


@dataclass(frozen=True)
class JobProgress:
    """How far a job is, in units of its own; `total` is None where it does not know.

    `doing` says in words what it is at now, such as `waiting for a worker`; "" where it does not say.
    """

    done: float
    total: float | None = None
    unit: str = ""
    doing: str = ""

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where there is no total."""
        return min(1.0, self.done / self.total) if self.total else None

    def eta(self, *, started: datetime, now: datetime) -> datetime | None:
        """When it will be done at the pace so far; None where nothing is known yet."""
        if not self.total or self.done <= 0:
            return None
        passed_s = max(0.0, (now - started).total_seconds())
        left_s = passed_s / self.done * max(0.0, self.total - self.done)
        return now + timedelta(seconds=min(_LONGEST_S, left_s))

    def __str__(self) -> str:
        """Such as `3 of 9 files`, or `3 of 9 shards: 2 running`."""
        of = "" if self.total is None else f" of {self.total:g}"
        told = f"{self.done:g}{of} {self.unit}".rstrip()
        return f"{told}: {self.doing}" if self.doing else told


def report(
    done: float,
    total: float | None = None,
    unit: str = "",
    *,
    doing: str = "",
    stream: TextIO | None = None,
) -> None:
    """Say how far a job is; called in the job itself, it writes a line to standard output.

    Or to another `stream`: standard error, where standard output is one document.
    """
    words = {"doing": doing} if doing else {}
    text = orjson.dumps({"done": done, "total": total, "unit": unit, **words}).decode()
    stream = stream or sys.stdout
    stream.write(f"progress: {text}\n")
    # Output of a job is a file, which Python fills by blocks: followers would see nothing for long.
    stream.flush()


def parse(line: str) -> JobProgress | None:
    """The progress that a line tells; None for any other line, a malformed one too."""
    found = _LINE.match(line)
    if found is None:
        return None
    try:
        fields = orjson.loads(found[1])
        total = fields.get("total")
        return JobProgress(
            _number(fields["done"]),
            None if total is None else _number(total),
            str(fields.get("unit", "")),
            str(fields.get("doing", "")),
        )
    except (ValueError, TypeError, KeyError):
        return None


def _number(value: Any) -> float:
    """Raises ValueError for what no job can be at."""
    found = float(value)
    if not math.isfinite(found):
        raise ValueError("expected a finite number")
    return found


def readable(line: str) -> str:
    """A line of a job's output for people: a progress that is told for programs, in words."""
    told = parse(line)
    return line if told is None else str(told)


def last(log: str) -> JobProgress | None:
    """The last progress in a log."""
    return next(filter(None, map(parse, reversed(log.split("\n")))), None)
