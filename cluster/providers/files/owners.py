"""Which rows of which file are whose: by symbol, and by who had that symbol on the day."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np

from cluster.providers.files.parsed import Series
from cluster.providers.files.shown import History
from market.arrays import Days, RowNumbers, Stamps
from market.calendar import get_calendar
from market.instruments import Instrument

Part = tuple[Series, RowNumbers]
"""A series and those of its rows that are meant, the oldest first."""


class Owners:
    """Rows of all files by the instruments that they are of."""

    def __init__(self, series: Sequence[Series], instruments: Sequence[Instrument]) -> None:
        self.by_id = {row.instrument_id: row for row in reversed(instruments)}
        self._by_symbol: dict[str, list[Instrument]] = defaultdict(list)
        for row in instruments:
            self._by_symbol[row.symbol].append(row)
        self._of: dict[str, list[Series]] = defaultdict(list)
        for part in series:
            for name in {row.instrument_id for row in self._by_symbol[part.symbol]}:
                self._of[name].append(part)

    def listed(self, symbol: str) -> Instrument:
        """The first instrument that has, or had, a symbol."""
        return self._by_symbol[symbol][0]

    def parts(self, instrument_id: str, start: date, end: date) -> list[Part]:
        """The series with rows of an instrument from session `start` to `end`, the oldest first."""
        return sorted(self._parts(instrument_id, start, end), key=_first)

    def history(self, instrument_id: str) -> History | None:
        """The daily closes of an instrument that its calendar reaches; None without any."""
        owner = self.by_id[instrument_id]
        calendar = get_calendar(owner.calendar)
        parts = self.parts(instrument_id, calendar.days[0].item(), date.max)
        if not parts:
            return None
        names = dict.fromkeys(name for one, _ in parts for name in ("close", *one.beside))
        columns = {
            name: np.concatenate([_column(one, name)[rows] for one, rows in parts])
            for name in names
        }
        sessions = np.concatenate([one.times[rows] for one, rows in parts])
        # What has no price is held later; of two rows of a day the first stands.
        good = np.flatnonzero(columns["close"] > 0.0)
        days, first = np.unique(sessions[good], return_index=True)
        whole = {name: values[good][first] for name, values in columns.items()}
        return History(owner, parts[0][0].source, days, whole.pop("close"), whole)

    def sessions(self, series: Series) -> Days:
        """The session of each row; outside every session the date of its stamp."""
        if series.timeframe == "1Day":
            return series.times
        calendar = get_calendar(self.listed(series.symbol).calendar)
        place = calendar.parts.locate(series.times)
        # Outside the place is -1: what that reads here is replaced.
        sessions = calendar.days[calendar.parts.sessions[place]]
        return np.where(place >= 0, sessions, series.times.astype("datetime64[D]"))

    def _parts(self, instrument_id: str, start: date, end: date) -> Iterator[Part]:
        for series in self._of[instrument_id]:
            sessions = self.sessions(series)
            asked = (sessions >= np.datetime64(start)) & (sessions <= np.datetime64(end))
            mine = np.flatnonzero(self._owned(series, sessions, instrument_id) & asked)
            if len(mine):
                yield series, mine[::-1] if _newest_first(series.times[mine]) else mine

    def _owned(self, series: Series, sessions: Days, instrument_id: str) -> np.ndarray:
        """Which rows are of an instrument.

        A row whose symbol no instrument had on its day is of the first that ever had it, where
        screening refuses it.
        """
        rows = self._by_symbol[series.symbol]
        owner = np.zeros(len(sessions), dtype=np.intp)
        for place, row in enumerate(rows):
            stop = np.datetime64(row.valid_to or date.max)
            owner[(sessions >= np.datetime64(row.valid_from)) & (sessions < stop)] = place
        own = [row.instrument_id == instrument_id for row in rows]
        held: np.ndarray = np.array(own)[owner]
        return held


def _column(series: Series, name: str) -> np.ndarray:
    absent = np.full(len(series.times), np.nan)
    return series.numbers["close"] if name == "close" else series.beside.get(name, absent)


def _newest_first(times: Stamps) -> bool:
    """Many sites give their newest row first. Any other disorder is a fault for validation to name."""
    return len(times) > 1 and bool((times[1:] < times[:-1]).all())


def _first(part: Part) -> np.datetime64:
    series, rows = part
    first: np.datetime64 = series.times[rows[0]]
    return first
