"""Bars from CSV or Parquet files, checked as a whole before any of it is used."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import cached_property

import numpy as np
import pyarrow as pa

from cluster.errors import BadInput
from cluster.providers.files.checks import check_past, check_spacing, check_zone
from cluster.providers.files.columns import check_given
from cluster.providers.files.listing import derived, listed
from cluster.providers.files.parsed import Series, parse
from cluster.providers.files.reading import expand
from cluster.providers.files.request import FilesRequest
from cluster.providers.kit.base import Provider
from cluster.providers.kit.tables import daily_bars, minute_bars
from market.arrays import Days, Floats, Stamps, from_day
from market.calendar import get_calendar
from market.instruments import DATASET, Instrument

__all__ = ["FilesProvider", "FilesRequest"]


class FilesProvider(Provider):
    """Bars of one timeframe from files; every fault of the files is found before the first write."""

    description = "Bars from CSV or Parquet files"

    def __init__(self, request: FilesRequest) -> None:
        if not re.fullmatch(DATASET, request.dataset):
            raise BadInput(
                f"dataset {request.dataset[:40]!r}: expected lower-case letters, digits and hyphens"
            )
        check_given(request.columns)
        self.dataset = request.dataset
        self._request = request
        self.timeframes = (self._series[0].timeframe,)

    @cached_property
    def _series(self) -> list[Series]:
        parsed = [
            series for path in expand(self._request.paths) for series in parse(path, self._request)
        ]
        if len({series.timeframe for series in parsed}) > 1:
            raise BadInput("some files hold daily bars and some minutes: take them apart")
        return parsed

    @cached_property
    def _instruments(self) -> list[Instrument]:
        request = self._request
        close_only = not any("open" in series.numbers for series in self._series)
        symbols = list(dict.fromkeys(series.symbol for series in self._series))
        if request.instruments is None:
            return derived(symbols, request, close_only=close_only)
        found = listed(request.instruments, request, close_only=close_only)
        if unknown := [
            name for name in symbols if all(instrument.symbol != name for instrument in found)
        ]:
            raise BadInput(f"symbol {unknown[0][:20]!r} is not in {request.instruments.name}")
        return found

    def instruments(self) -> list[Instrument]:
        """Those of the instruments file, else one for each symbol of the bars."""
        for series in self._series:
            calendar = self._listed(series.symbol).calendar
            if not self._said(series):
                check_spacing(series, calendar)
            check_zone(series, calendar)
        return self._instruments

    def span(self, timeframe: str, *, now: datetime) -> tuple[date, date]:  # noqa: ARG002
        """The first and last session of the files. Raises BadInput if a bar ends after `now`."""
        days = np.concatenate([self._sessions(series) for series in self._series])
        for series in self._series:
            check_past(series, self._listed(series.symbol).calendar, now=now)
        return from_day(days.min()), from_day(days.max())

    def bars(
        self,
        timeframe: str,  # noqa: ARG002 - there is only one
        instruments: Sequence[Instrument],
        *,
        start: date,
        end: date,
        recorded_at: datetime,
    ) -> Iterator[pa.Table]:
        """The rows of each instrument from all files, the oldest file first whatever their order."""
        for name in dict.fromkeys(instrument.instrument_id for instrument in instruments):
            parts = [
                self._table(one, rows, name, recorded_at)
                for one, rows in sorted(self._of(name, start, end), key=_first)
            ]
            if parts:
                yield pa.concat_tables(parts)

    def _of(
        self, instrument_id: str, start: date, end: date
    ) -> Iterator[tuple[Series, np.ndarray]]:
        """The series that hold rows of an instrument, and which rows these are.

        A row whose symbol no instrument had on its day goes to the first that ever had it, where
        screening refuses it.
        """
        for series in self._series:
            rows = [row for row in self._instruments if row.symbol == series.symbol]
            owner = np.full(len(series.times), rows[0].instrument_id, dtype=object)
            sessions = self._sessions(series)
            for row in rows:
                stop = np.datetime64(row.valid_to or date.max)
                own = (sessions >= np.datetime64(row.valid_from)) & (sessions < stop)
                owner[own] = row.instrument_id
            asked = (sessions >= np.datetime64(start)) & (sessions <= np.datetime64(end))
            mine = np.flatnonzero((owner == instrument_id) & asked)
            if len(mine):
                yield series, mine[::-1] if _newest_first(series.times[mine]) else mine

    def _table(
        self, series: Series, rows: np.ndarray, instrument_id: str, recorded_at: datetime
    ) -> pa.Table:
        make = daily_bars if series.timeframe == "1Day" else minute_bars
        numbers: dict[str, Floats] = {name: v[rows] for name, v in series.numbers.items()}
        own = next(
            instrument
            for instrument in self._instruments
            if instrument.instrument_id == instrument_id
        )
        calendar = get_calendar(own.calendar)
        return make(
            instrument_id, series.times[rows], numbers, calendar=calendar, recorded_at=recorded_at
        )

    def _sessions(self, series: Series) -> Days:
        if series.timeframe == "1Day":
            return series.times
        calendar = get_calendar(self._listed(series.symbol).calendar)
        # Outside every session the place is -1, and the row keeps the date of its stamp.
        place = calendar.parts.locate(series.times)
        sessions = calendar.days[calendar.parts.sessions[place]]
        return np.where(place >= 0, sessions, series.times.astype("datetime64[D]"))

    def _said(self, series: Series) -> bool:
        """Whether the user has said himself what the stamps would show."""
        told = self._request.timeframe if series.timeframe == "1Day" else self._request.stamped
        return told is not None

    def _listed(self, symbol: str) -> Instrument:
        return next(instrument for instrument in self._instruments if instrument.symbol == symbol)


def _newest_first(times: Stamps) -> bool:
    """Many sites give their newest row first. Any other disorder is a fault for validation to name."""
    return len(times) > 1 and bool((times[1:] < times[:-1]).all())


def _first(part: tuple[Series, np.ndarray]) -> np.datetime64:
    series, rows = part
    first: np.datetime64 = series.times[rows[0]]
    return first
