"""An ingest at full size through a provider: screening, quarantine, lake; beside Delta alone.

    PYTHONPATH=. python bench/ingest.py [1Day | 1Min]

1Day: 500 instruments over 20 years of sessions; 1Min: 50 instruments over a year, a month a commit.
Then one session more into the full lake, and reads. The peer writes the same rows in the same pieces
with deltalake alone: no screening, no comparison with what stands. Each case has a process of its
own, whose largest resident memory is reported. Making the rows is timed by itself and taken off.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
from deltalake import WriterProperties, write_deltalake

from cluster.providers.kit.base import Provider
from cluster.providers.kit.tables import daily_bars, minute_bars
from cluster.settings import Settings
from cluster.stores.lake import Lake
from cluster.stores.lake.bars import with_partitions
from cluster.stores.lake.tables import BARS
from jobs.ingest.run import ingest
from market.calendar import get_calendar
from market.instruments import Instrument

NYSE = get_calendar("XNYS")
LAST = date(2025, 6, 27)
CASES = {"1Day": (500, date(2005, 6, 27)), "1Min": (50, date(2024, 6, 27))}
MONTH = timedelta(days=31)


class Walks(Provider):
    """Random walks rounded to the cent on the sessions of New York, up to a session that moves."""

    dataset = "bench"
    description = "Random walks"

    def __init__(self, timeframe: str, last: date) -> None:
        self.timeframes = (timeframe,)
        self.count, self.first = CASES[timeframe]
        self.last = last
        self.seconds = 0.0

    def instruments(self) -> list[Instrument]:
        return [
            Instrument(
                instrument_id=f"bench:B{n:03d}",
                symbol=f"B{n:03d}",
                name=f"B{n:03d}",
                exchange="XNYS",
                calendar="XNYS",
                currency="USD",
                valid_from=self.first,
                valid_to=None,
                dataset="bench",
                fields="ohlcv",
                adjusted=False,
                synthetic=True,
            )
            for n in range(self.count)
        ]

    def span(self, timeframe: str, *, now: datetime) -> tuple[date, date]:  # noqa: ARG002
        return self.first, self.last

    def window(self, timeframe: str) -> timedelta | None:
        return MONTH if timeframe == "1Min" else timedelta(days=366 * 5)

    def bars(
        self,
        timeframe: str,
        instruments: Sequence[Instrument],
        *,
        start: date,
        end: date,
        recorded_at: datetime,
    ) -> Iterator[pa.Table]:
        for one in instruments:
            began = time.perf_counter()
            table = made(one.instrument_id, timeframe, start, end, recorded_at)
            self.seconds += time.perf_counter() - began
            yield table


def made(name: str, timeframe: str, start: date, end: date, recorded_at: datetime) -> pa.Table:
    """One instrument's bars; asked again for a session it gives the same bars."""
    days = NYSE.days[(NYSE.days >= np.datetime64(start)) & (NYSE.days <= np.datetime64(end))]
    if timeframe == "1Day":
        numbers = walk(name, days.astype(np.int64))
        return daily_bars(name, days, numbers, calendar=NYSE, recorded_at=recorded_at)
    stamps = np.concatenate([NYSE.minutes(day.item()) for day in days])
    numbers = walk(name, stamps.astype("datetime64[m]").astype(np.int64))
    return minute_bars(name, stamps, numbers, calendar=NYSE, recorded_at=recorded_at)


def walk(name: str, at: np.ndarray) -> dict[str, np.ndarray]:
    """A pure function of name and time: slow waves and a hash as noise, in cents."""
    seed = int(name[-3:])
    noise = ((at * 2654435761 + seed * 40503) % 1009) / 1009.0
    close = np.round(60 + seed % 40 + 20 * np.sin(at / 9000.0 + seed) + noise, 2)
    reach = np.round(0.05 + noise / 4, 2)
    return {
        "open": np.round(close - reach / 2, 2),
        "high": np.round(close + reach, 2),
        "low": np.round(close - reach, 2),
        "close": close,
        "volume": np.round(1000 + 9000 * noise),
    }


@dataclass
class Figures:
    """What one case gave; seconds without those in which rows were made."""

    rows: int
    load_s: float
    bytes_a_row: float
    day_s: float
    one_s: float
    all_s: float
    peak_mb: float


def ours(timeframe: str, folder: str) -> Figures:
    """Through the ingest."""
    settings = Settings(home=Path(folder))
    now = datetime(2025, 7, 1, tzinfo=UTC)

    def take(last: date) -> tuple[int, float]:
        provider = Walks(timeframe, last)
        began = time.perf_counter()
        report = ingest(settings, dataset="bench", provider=provider, clock=lambda: now)
        spent = time.perf_counter() - began - provider.seconds
        return sum(one.written for one in report.timeframes), spent

    rows, load_s = take(LAST)
    size = stored(settings.home / "lake")
    peak = peak_mb()
    added, day_s = take(LAST + timedelta(days=3))
    assert added % CASES[timeframe][0] == 0
    lake = Lake.of(settings)
    names = [f"bench:B{n:03d}" for n in range(CASES[timeframe][0])]
    one_s = timed(lambda: lake.bars(names[:1], timeframe=timeframe))
    all_s = timed(lambda: lake.bars(names, timeframe=timeframe))
    return Figures(rows, load_s, size / rows, day_s, one_s, all_s, peak)


def theirs(timeframe: str, folder: str) -> Figures:
    """The same pieces by deltalake alone, partitioned and compressed alike."""
    provider, now = Walks(timeframe, LAST), datetime(2025, 7, 1, tzinfo=UTC)
    length = provider.window(timeframe) or timedelta(days=1)
    rows, load_s, start = 0, 0.0, provider.first
    while start <= LAST:
        end = min(start + length - timedelta(days=1), LAST)
        piece = pa.concat_tables(
            provider.bars(timeframe, provider.instruments(), start=start, end=end, recorded_at=now)
        )
        load_s += timed(lambda piece=piece: append(folder, timeframe, piece))
        rows, start = rows + piece.num_rows, end + timedelta(days=1)
    size, peak, day = stored(Path(folder)), peak_mb(), LAST + timedelta(days=3)
    piece = pa.concat_tables(
        provider.bars(timeframe, provider.instruments(), start=day, end=day, recorded_at=now)
    )
    day_s = timed(lambda: append(folder, timeframe, piece))
    return Figures(rows, load_s, size / rows, day_s, float("nan"), float("nan"), peak)


def append(folder: str, timeframe: str, piece: pa.Table) -> None:
    write_deltalake(
        folder,
        with_partitions(piece, dataset="bench", timeframe=timeframe),
        mode="append",
        partition_by=list(BARS.partitions),
        writer_properties=WriterProperties(compression="ZSTD", compression_level=3),
    )


def timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def stored(folder: Path) -> int:
    """Bytes of the files that hold rows."""
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    for timeframe in sys.argv[1:] or CASES:
        results = {}
        for work in (ours, theirs):
            with (
                tempfile.TemporaryDirectory() as folder,
                ProcessPoolExecutor(1, get_context("spawn")) as worker,
            ):
                results[work.__name__] = worker.submit(work, timeframe, folder).result()
        show(timeframe, results["ours"], results["theirs"])


def show(timeframe: str, own: Figures, peer: Figures) -> None:
    print(f"{timeframe}: {CASES[timeframe][0]} instruments, {own.rows:,} rows")
    print(f"{'':28}{'ours':>12}{'Delta alone':>14}{'ratio':>8}")
    for name, mine, other in (
        ("rows a second", own.rows / own.load_s, peer.rows / peer.load_s),
        ("bytes a row", own.bytes_a_row, peer.bytes_a_row),
        ("largest memory, MB", own.peak_mb, peer.peak_mb),
        ("a session more, ms", own.day_s * 1e3, peer.day_s * 1e3),
        ("read one instrument, ms", own.one_s * 1e3, peer.one_s * 1e3),
        ("read all, ms", own.all_s * 1e3, peer.all_s * 1e3),
    ):
        print(f"{name:28}{mine:12,.1f}{other:14,.1f}{mine / other:8.2f}")


if __name__ == "__main__":
    main()
