"""Bars from CSV or Parquet files, checked as a whole before any of it is used."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import cached_property

import numpy as np
import pyarrow as pa

from cluster.errors import BadInput
from cluster.providers.files.actions import Declared, with_renames
from cluster.providers.files.checks import check_past, check_spacing, check_zone
from cluster.providers.files.columns import check_given
from cluster.providers.files.listing import derived, listed
from cluster.providers.files.parsed import Series, parse
from cluster.providers.files.reading import expand
from cluster.providers.files.request import FilesRequest
from cluster.providers.files.shown import Book, History, enter
from cluster.providers.kit.base import Provider
from cluster.providers.kit.tables import daily_bars, minute_bars
from market.actions import Action
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
    def _symbols(self) -> dict[str, bool]:
        """Whether the prices of each symbol are adjusted."""
        found: dict[str, bool] = {}
        for series in self._series:
            if found.setdefault(series.symbol, series.adjusted) != series.adjusted:
                raise BadInput(
                    f"{series.source}: {series.symbol} has adjusted prices here and raw ones in another "
                    "file: mixed adjustments; say --raw or --adjusted, or take them apart"
                )
        return found

    @cached_property
    def _instruments(self) -> list[Instrument]:
        request, symbols = self._request, self._symbols
        close_only = not any("open" in series.numbers for series in self._series)
        if request.instruments is None:
            found = derived(symbols, request, close_only=close_only)
        else:
            found = listed(request.instruments, symbols, request, close_only=close_only)
        held, listing = {instrument.symbol for instrument in found}, request.instruments
        if listing and (unknown := [name for name in symbols if name not in held]):
            raise BadInput(f"symbol {unknown[0][:20]!r} is not in {listing.name}")
        if request.actions is None:
            return found
        read = Declared(self.dataset, found, lambda _: None).of_file(request.actions, request)
        return with_renames(found, read)

    @cached_property
    def _book(self) -> Book:
        """Declared actions, and what the files' own columns show."""
        book = Book()
        owners = {one.instrument_id: one for one in self._instruments}
        histories = {name: self._history(one) for name, one in owners.items()}
        if self._request.actions is not None:
            known = {name: (one.sessions, one.close) for name, one in histories.items() if one}
            reading = Declared(self.dataset, self._instruments, known.get)
            book.actions += reading.of_file(self._request.actions, self._request)
        declared = list(book.actions)
        for name, history in histories.items():
            if history is not None:
                enter(book, history, [one for one in declared if one.instrument_id == name])
        return book

    def instruments(self) -> list[Instrument]:
        """Those of the instruments file, else one for each symbol of the bars."""
        for series in self._series:
            calendar = self._listed(series.symbol).calendar
            if not self._said(series):
                check_spacing(series, calendar)
            check_zone(series, calendar)
        # Read here, so that a fault of it is found before anything is written.
        self._book.notes += _adjusted_notes(self._series, self._request)
        return self._instruments

    def actions(
        self,
        instruments: Sequence[Instrument],  # noqa: ARG002 - all are taken
        *,
        start: date,  # noqa: ARG002 - a delisting follows the last session
        end: date,  # noqa: ARG002
    ) -> list[Action]:
        """Declared actions, and those that columns of the files show."""
        return self._book.actions

    def remarks(self) -> tuple[str, ...]:
        """How prices are recorded where the files themselves show it."""
        return tuple(dict.fromkeys(self._book.notes))

    def findings(self) -> tuple[str, ...]:
        """Where adjusted closes and actions contradict each other."""
        return tuple(self._book.findings)

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

    def _history(self, owner: Instrument) -> History | None:
        """The daily closes of an instrument, each session once; None without any."""
        parts = list(self._of(owner.instrument_id, date.min, date.max))
        if not parts or self.timeframes != ("1Day",):
            return None
        sessions = np.concatenate([series.times[rows] for series, rows in parts])
        days, first = np.unique(sessions, return_index=True)
        columns = [{"close": series.numbers["close"], **series.beside} for series, _ in parts]
        whole = {
            name: np.concatenate(
                [held.get(name, np.full(len(series.times), np.nan))[rows]
                 for held, (series, rows) in zip(columns, parts, strict=True)]
            )[first]
            for name in dict.fromkeys(name for held in columns for name in held)
        }  # fmt: skip
        return History(owner, parts[0][0].source, days, whole.pop("close"), whole)

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


def _adjusted_notes(parsed: Sequence[Series], request: FilesRequest) -> list[str]:
    if request.adjusted is not None:
        return []
    return [
        f"{series.source}: its prices are adjusted, by its columns, and recorded as such; --raw says otherwise"
        for series in parsed
        if series.adjusted
    ]
