"""What an ingest did, and how far it is: for programs and for people."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from cluster.stores.lake import AppendResult

_SHOWN = 5  # notes and findings in a terminal
_EVERY_S = 1.0


@dataclass(frozen=True)
class TimeframeReport:
    """Bars of one timeframe: written (of them restated), unchanged, and refused by reason.

    A refused bar is held in quarantine; one that somebody discarded there is not counted again.
    """

    timeframe: str
    first_session: date
    last_session: date
    written: int
    restated: int
    unchanged: int
    refused: dict[str, int]
    seconds: float


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did, and the snapshot that holds it. `actions` counts the new ones.

    `notes` say how things were taken, `findings` what contradicts itself and wants a look.
    """

    dataset: str
    snapshot: str
    instruments: int
    timeframes: tuple[TimeframeReport, ...]
    actions: int
    seconds: float
    notes: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Nothing was refused and nothing contradicts itself."""
        return not (self.refused or self.findings)

    @property
    def refused(self) -> int:
        """Bars refused in all timeframes."""
        return sum(sum(timeframe.refused.values()) for timeframe in self.timeframes)


@dataclass
class Tally:
    """What the commits of one timeframe add up to."""

    written: int = 0
    restated: int = 0
    unchanged: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, result: AppendResult, held: Counter[str]) -> None:
        self.written += result.written
        self.restated += result.restated
        self.unchanged += result.unchanged
        self.refused += held


class Meter:
    """How far an ingest is, how fast, and how long it still takes: counts pieces of work and rows.

    The time left assumes that the pieces to come are alike.
    """

    def __init__(self, total: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self._clock = clock
        self._began = self._told = clock()
        self._done = self._rows = 0

    def due(self) -> bool:
        """Whether a second has passed since it last said so: readers need no more lines."""
        if self._clock() - self._told < _EVERY_S:
            return False
        self._told = self._clock()
        return True

    def add(self, rows: int) -> None:
        """One more piece is done, with that many rows."""
        self._done += 1
        self._rows += rows

    def __str__(self) -> str:
        passed = self._clock() - self._began
        speed = self._rows / passed if passed > 0 else 0.0
        ahead = max(self.total - self._done, 0)  # a window that is asked again counts again
        left = passed * ahead / self._done if self._done else 0.0
        return (
            f"{self._done:,} of {self.total:,}, {self._rows:,} rows, {speed:,.0f} rows/s, "
            f"ETA {_clock_face(left)}"
        )


def describe(report: IngestReport) -> str:
    """The report for a terminal: a line for each timeframe, and one for each reason."""
    lines = [f"{report.dataset}: {report.instruments} instruments in {report.seconds:.1f} s"]
    for timeframe in report.timeframes:
        lines.append(
            f"  {timeframe.timeframe}  {timeframe.first_session} to {timeframe.last_session}  {timeframe.written:,} written"
            f" ({timeframe.restated:,} restated), {timeframe.unchanged:,} unchanged, {timeframe.seconds:.1f} s"
        )
        lines.extend(f"    refused {n:,}: {reason}" for reason, n in timeframe.refused.items())
    if report.actions:
        lines.append(f"  {report.actions:,} corporate actions")
    if report.refused:
        lines.append("  refused bars are held: `trii data quarantine list`")
    lines += [f"  {note}" for note in _first(report.notes)]
    lines += [f"  look at this: {finding}" for finding in _first(report.findings)]
    return "\n".join([*lines, f"  snapshot {report.snapshot}"])


def _first(sentences: tuple[str, ...]) -> list[str]:
    """As many as a reader takes in; `--json` has all."""
    more = len(sentences) - _SHOWN
    return [*sentences[:_SHOWN], *([f"and {more} more: --json shows them"] if more > 0 else [])]


def _clock_face(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
