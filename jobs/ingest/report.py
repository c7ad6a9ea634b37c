"""What an ingest did, for programs and for people."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from cluster.stores.lake import AppendResult

_SHOWN = 5  # notes and findings in a terminal


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
