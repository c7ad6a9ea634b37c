"""What a leak check found: one finding a column, and the verdict in words and as a document."""

from dataclasses import dataclass
from typing import Literal

LeakVerdict = Literal["clean", "leak"]


@dataclass(frozen=True)
class Finding:
    """A column whose value at ``first_row`` (from 0) is not settled by the rows up to it.

    ``bars_ahead`` is how many rows later the value is settled; None where no row settles it (the
    function is random, or profits where nothing can). ``difference`` is the largest change seen,
    in units of the column's scale; infinite where a value came or went.
    """

    column: str
    probe: str
    first_row: int | None
    bars_ahead: int | None
    difference: float

    def __str__(self) -> str:
        if self.first_row is None:
            return f"{self.column}: {self.probe}"
        ahead = "" if self.bars_ahead is None else f", reads {_bars(self.bars_ahead)} ahead"
        return f"{self.column}: from row {self.first_row}{ahead} ({self.probe})"


def _bars(count: int) -> str:
    return "1 bar" if count == 1 else f"{count} bars"


@dataclass(frozen=True)
class LeakReport:
    """The findings, how many comparisons were made, and what a reader should know besides."""

    findings: tuple[Finding, ...]
    probes: int
    warnings: tuple[str, ...] = ()

    @property
    def verdict(self) -> LeakVerdict:
        return "leak" if self.findings else "clean"

    @property
    def columns(self) -> list[str]:
        """The columns that leak, in the order of the output."""
        return [finding.column for finding in self.findings]

    @property
    def first_row(self) -> int | None:
        """The earliest row found to leak."""
        return min((f.first_row for f in self.findings if f.first_row is not None), default=None)

    @property
    def bars_ahead(self) -> int | None:
        """The longest look-ahead of all columns."""
        return max((f.bars_ahead for f in self.findings if f.bars_ahead is not None), default=None)

    def __str__(self) -> str:
        """One line. Probes can show a leak, never its absence, and the wording says so."""
        if not self.findings:
            return f"no look-ahead found in {self.probes} probes"
        return f"look-ahead found in {self.probes} probes: {'; '.join(map(str, self.findings))}"

    def to_dict(self) -> dict[str, object]:
        """The report for programs: the keys of ``trii leak-check --json``."""
        return {
            "verdict": self.verdict,
            "columns": self.columns,
            "first_row": self.first_row,
            "bars_ahead": self.bars_ahead,
            "probes": self.probes,
            "summary": str(self),
            "warnings": list(self.warnings),
        }
