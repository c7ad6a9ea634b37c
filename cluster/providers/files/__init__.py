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
from cluster.providers.files.owners import Owners
from cluster.providers.files.parsed import Series, parse
from cluster.providers.files.reading import expand
from cluster.providers.files.request import FilesRequest
from cluster.providers.files.shown import Book, enter
from cluster.providers.kit.base import Provider
from cluster.providers.kit.tables import daily_bars, minute_bars
from market.actions import Action
from market.arrays import Floats, from_day
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
        self.thinly_traded = request.timeframe is not None

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
    def _owners(self) -> Owners:
        return Owners(self._series, self._instruments)

    @cached_property
    def _book(self) -> Book:
        """Declared actions, and what the files' own columns show."""
        book, request = Book(), self._request
        daily = self.timeframes == ("1Day",)
        histories = {
            name: history
            for name in self._owners.by_id
            if daily and (history := self._owners.history(name)) is not None
        }
        if request.actions is not None:
            closes = {name: (one.sessions, one.close) for name, one in histories.items()}
            reading = Declared(self.dataset, self._instruments, closes.get)
            book.actions += reading.of_file(request.actions, request)
        declared = list(book.actions)
        for name, history in histories.items():
            enter(book, history, [action for action in declared if action.instrument_id == name])
        if request.adjusted is None:
            book.notes += _adjusted_notes(self._series)
        return book

    def instruments(self) -> list[Instrument]:
        """Those of the instruments file, else one for each symbol of the bars."""
        for series in self._series:
            calendar = self._owners.listed(series.symbol).calendar
            if not self._said(series):
                check_spacing(series, calendar)
            check_zone(series, calendar)
        _ = self._book  # a fault of actions too is found before anything is written
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

    def shown_actions(self) -> list[Action]:
        """Those that columns of the files show: nobody declared them."""
        return self._book.shown

    def remarks(self) -> tuple[str, ...]:
        """How prices are recorded where the files themselves show it."""
        return tuple(dict.fromkeys(self._book.notes))

    def findings(self) -> tuple[str, ...]:
        """Where adjusted closes and actions contradict each other."""
        return tuple(self._book.findings)

    def span(self, timeframe: str, *, now: datetime) -> tuple[date, date]:  # noqa: ARG002
        """The first and last session of the files. Raises BadInput if a bar ends after `now`."""
        days = np.concatenate([self._owners.sessions(series) for series in self._series])
        for series in self._series:
            check_past(series, self._owners.listed(series.symbol).calendar, now=now)
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
                for one, rows in self._owners.parts(name, start, end)
            ]
            if parts:
                yield pa.concat_tables(parts)

    def _table(
        self, series: Series, rows: np.ndarray, instrument_id: str, recorded_at: datetime
    ) -> pa.Table:
        make = daily_bars if series.timeframe == "1Day" else minute_bars
        numbers: dict[str, Floats] = {name: v[rows] for name, v in series.numbers.items()}
        calendar = get_calendar(self._owners.by_id[instrument_id].calendar)
        return make(
            instrument_id, series.times[rows], numbers, calendar=calendar, recorded_at=recorded_at
        )

    def _said(self, series: Series) -> bool:
        """Whether the user has said himself what the stamps would show."""
        told = self._request.timeframe if series.timeframe == "1Day" else self._request.stamped
        return told is not None


def _adjusted_notes(parsed: Sequence[Series]) -> list[str]:
    return [
        f"{series.source}: its prices are adjusted, by its columns, and recorded as such; --raw says "
        "otherwise"
        for series in parsed
        if series.adjusted
    ]
