"""Take a dataset into the lake: provider, validation, one atomic commit a timeframe.

python -m jobs.ingest --dataset synthetic [--json]

Safe to repeat, to race and to kill: what stands is not written again, and a commit is whole or
not there. Exit status 0 done, 1 failed or some bars refused (the good ones are in), 2 bad input.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import orjson
import pyarrow as pa

from cluster.clock import Clock, utc_now
from cluster.errors import TriiError
from cluster.providers import DATASETS, Provider, get_provider
from cluster.settings import Settings, load_settings
from cluster.stores.lake import Lake
from market.bars import BAR_SCHEMA
from market.calendar import get_calendar
from market.errors import MarketError
from market.validation import validate

Progress = Callable[[str], None]
"""Told each step as it begins, in words."""


@dataclass(frozen=True)
class TimeframeReport:
    """One commit: bars written (of them restated), unchanged, and refused by reason."""

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
    """What an ingest did, and the snapshot that holds it."""

    dataset: str
    snapshot: str
    instruments: int
    timeframes: tuple[TimeframeReport, ...]
    seconds: float

    @property
    def refused(self) -> int:
        """Bars refused in all timeframes."""
        return sum(sum(one.refused.values()) for one in self.timeframes)


def ingest(
    settings: Settings,
    *,
    dataset: str,
    clock: Clock = utc_now,
    progress: Progress = lambda _: None,
) -> IngestReport:
    """Bring a dataset up to the last session closed at `clock()`.

    Refused bars are counted by reason and left out; the good ones are committed. Raises BadInput
    for an unknown dataset (nothing is written) and StoreError.
    """
    began = time.perf_counter()
    now = clock()
    progress(f"{dataset}: opening the source")
    provider = get_provider(dataset, seed=settings.seed)
    lake = Lake(settings.lake_path)
    instruments = provider.instruments()
    lake.append_instruments(dataset, instruments, recorded_at=now)
    reports = tuple(
        _take(provider, lake, timeframe, now=now, progress=progress)
        for timeframe in provider.timeframes
    )
    return IngestReport(
        dataset=dataset,
        snapshot=lake.snapshot(),
        instruments=len(instruments),
        timeframes=reports,
        seconds=round(time.perf_counter() - began, 3),
    )


def _take(
    provider: Provider, lake: Lake, timeframe: str, *, now: datetime, progress: Progress
) -> TimeframeReport:
    began = time.perf_counter()
    start, end = provider.span(timeframe, now=now)
    progress(f"{provider.dataset} {timeframe}: reading {start} to {end}")
    good, refused = _validated(provider, timeframe, start=start, end=end, now=now)
    progress(f"{provider.dataset} {timeframe}: committing what is new in {good.num_rows:,} bars")
    result = lake.append_bars(provider.dataset, timeframe, good, recorded_at=now)
    return TimeframeReport(
        timeframe=timeframe,
        first_session=start,
        last_session=end,
        written=result.written,
        restated=result.restated,
        unchanged=result.unchanged,
        refused=dict(refused),
        seconds=round(time.perf_counter() - began, 3),
    )


def _validated(
    provider: Provider, timeframe: str, *, start: date, end: date, now: datetime
) -> tuple[pa.Table, Counter[str]]:
    """All good bars of the span, and how many were refused for which reason."""
    calendars = {one.instrument_id: get_calendar(one.calendar) for one in provider.instruments()}
    accepted, refused = [BAR_SCHEMA.empty_table()], Counter[str]()
    for table in provider.bars(timeframe, start=start, end=end, recorded_at=now):
        if table.num_rows == 0:
            continue
        calendar = calendars[table["instrument_id"][0].as_py()]
        good, bad = validate(table, calendar=calendar)
        accepted.append(good)
        refused.update(bad["reason"].to_pylist())
    return pa.concat_tables(accepted), refused


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="jobs.ingest", description="Take a dataset into the lake."
    )
    parser.add_argument("--dataset", required=True, help=f"one of {', '.join(DATASETS)}")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args(arguments)
    try:
        report = ingest(load_settings(), dataset=options.dataset, progress=say)
    except (TriiError, MarketError) as exc:
        say(f"error: {exc}")
        return exc.exit_code if isinstance(exc, TriiError) else 1
    sys.stdout.write(orjson.dumps(asdict(report)).decode() if options.json else describe(report))
    sys.stdout.write("\n")
    return 1 if report.refused else 0


def describe(report: IngestReport) -> str:
    """The report for a terminal: a line for each timeframe, and one for each reason."""
    lines = [f"{report.dataset}: {report.instruments} instruments in {report.seconds:.1f} s"]
    for one in report.timeframes:
        lines.append(
            f"  {one.timeframe}  {one.first_session} to {one.last_session}  {one.written:,} written"
            f" ({one.restated:,} restated), {one.unchanged:,} unchanged, {one.seconds:.1f} s"
        )
        lines.extend(f"    refused {n:,}: {reason}" for reason, n in one.refused.items())
    return "\n".join([*lines, f"  snapshot {report.snapshot}"])


def say(text: str) -> None:
    """Progress and errors go to standard error, so that standard output stays one document."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
