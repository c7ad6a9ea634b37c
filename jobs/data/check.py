"""What is wrong with the bars of a lake: gaps, unlikely bars, closes that stand still, staleness."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
import pyarrow as pa

from cluster.providers.catalog import is_fetched
from cluster.stores.lake import Lake
from cluster.stores.lake.bars import split
from jobs.data.known import Known, unlikely
from jobs.freshness import InstrumentFreshness, by_instrument
from jobs.ingest.quarantine import listed
from market.bars import Bars
from market.calendar import get_calendar
from market.quality.gaps import Gap, gaps
from market.quality.staleness import unchanged_runs

# Rows in memory at a time, or one instrument's: their files hold others too, and are read once a time.
_TOGETHER = 1_000_000
# A minute without a trade has no bar with most feeds, and its close often stands.
_LEAST_GAP = {"1Day": 1, "1Min": 30}
_LEAST_RUN = {"1Day": 5, "1Min": 60}


@dataclass(frozen=True)
class Finding:
    """One instrument in one timeframe.

    `gaps` are the missing stretches that are long enough to tell, `missing` their bars;
    `unlikely` are bars that are possible and far from the rest when recorded actions are counted,
    `splits` those of them that look like a split which is not recorded, with the command that
    records it; `standing_still` counts runs of closes that do not move, `held` bars in quarantine.
    Gaps count from the first bar to the last; what is missing after it is `sessions_behind`: up to
    now where a source goes on delivering, else up to the last session that its dataset holds.
    """

    instrument_id: str
    symbol: str
    timeframe: str
    bars: int
    sessions_behind: int
    gaps: tuple[Gap, ...]
    unlikely: tuple[str, ...]
    splits: tuple[str, ...]
    standing_still: int
    held: int

    @property
    def missing(self) -> int:
        return sum(gap.count for gap in self.gaps)

    @property
    def faulty(self) -> bool:
        """Something is missing, held or unexplained; what is only unlikely is no fault."""
        return bool(self.gaps or self.splits or self.held or self.sessions_behind)

    @property
    def clean(self) -> bool:
        """Nothing to tell."""
        return not (self.faulty or self.unlikely or self.standing_still)


def check(
    lake: Lake,
    *,
    now: datetime,
    datasets: Sequence[str] = (),
    timeframes: Sequence[str] = (),
    symbols: Sequence[str] = (),
    start: date | None = None,
    end: date | None = None,
    least_gap: int | None = None,
) -> Iterator[Finding]:
    """Of every instrument with bars: of all, or of these datasets, timeframes and symbols.

    Sessions outside `start` to `end` (both included) are not looked at. Gaps shorter than
    `least_gap` bars are not told: by default 1 of daily bars, 30 of minutes.
    """
    for held in lake.holdings():
        if (datasets and held.dataset not in datasets) or (
            timeframes and held.timeframe not in timeframes
        ):
            continue
        found = by_instrument(lake, held.dataset, held.timeframe, now=now)
        chosen = [series for series in found if not symbols or series.symbol in symbols]
        quarantined = _held(lake, held.dataset, held.timeframe)
        least = least_gap or _LEAST_GAP[held.timeframe]
        # Asked once: it looks through all that is installed.
        grows = is_fetched(held.dataset)
        for some in _batches(chosen):
            known = Known(lake, [series.instrument_id for series in some], now=now)
            for series, bars, table in _read(lake, some, start, end):
                yield _finding(
                    known,
                    replace(series, sessions_behind=known.behind(series, held, grows=grows)),
                    bars,
                    table,
                    held=quarantined.get(series.instrument_id, 0),
                    least=least,
                )


def _batches(chosen: Sequence[InstrumentFreshness]) -> Iterator[list[InstrumentFreshness]]:
    some: list[InstrumentFreshness] = []
    for series in chosen:
        if some and sum(one.rows for one in some) + series.rows > _TOGETHER:
            yield some
            some = []
        some.append(series)
    if some:
        yield some


def _read(
    lake: Lake, some: Sequence[InstrumentFreshness], start: date | None, end: date | None
) -> Iterator[tuple[InstrumentFreshness, Bars, pa.Table]]:
    table = lake.bars([series.instrument_id for series in some], timeframe=some[0].timeframe)
    # The table is sorted by instrument and so are `some`: their rows follow one another.
    histories, offset = split(table), 0
    for series in some:
        bars = histories[series.instrument_id]
        low = 0 if start is None else int(bars.session.searchsorted(_day(start)))
        stop = len(bars) if end is None else int(bars.session.searchsorted(_day(end), side="right"))
        yield series, bars.take(slice(low, stop)), table.slice(offset + low, max(stop - low, 0))
        offset += len(bars)


def _finding(
    known: Known,
    series: InstrumentFreshness,
    bars: Bars,
    table: pa.Table,
    *,
    held: int,
    least: int,
) -> Finding:
    calendar = get_calendar(known.listing[series.instrument_id].calendar)
    missing: tuple[Gap, ...] = ()
    if len(bars):
        first, last = bars.session[0].item(), bars.session[-1].item()
        missing = gaps(bars, calendar, timeframe=series.timeframe, start=first, end=last)
    warned = unlikely(known, bars, table) if len(bars) else ()
    return Finding(
        series.instrument_id,
        series.symbol,
        series.timeframe,
        bars=len(bars),
        sessions_behind=series.sessions_behind,
        gaps=tuple(gap for gap in missing if gap.count >= least),
        unlikely=tuple(warning.told for warning in warned if warning.command is None),
        splits=tuple(
            f"{warning.told}: `{warning.command}`" for warning in warned if warning.command
        ),
        standing_still=len(unchanged_runs(bars.close, least=_LEAST_RUN[series.timeframe])),
        held=held,
    )


def _held(lake: Lake, dataset: str, timeframe: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in listed(lake, dataset=dataset, state="held"):
        if row["timeframe"] == timeframe and row["instrument_id"]:
            counts[row["instrument_id"]] = counts.get(row["instrument_id"], 0) + 1
    return counts


def _day(day: date) -> np.datetime64:
    return np.datetime64(day, "D")
