"""What bars must be to be summed to longer ones: placed, once each, and each within one new bar."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from market.arrays import Stamps
from market.calendar import Calendar
from market.errors import DataNotFit
from market.quality.validation import in_session
from market.tables import instrument_codes, stamps
from market.timeframes import step_of

_Ticks = NDArray[np.int64]
_MINUTE, _DAY = 60_000_000, 86_400_000_000  # in microseconds
_ENDLESS = 100 * _DAY  # longer than any session


def check_source(rows: pa.Table, calendar: Calendar, *, timeframe: str, source: str | None) -> None:
    """Raises DataNotFit unless the rows, sorted by instrument and time, can be resampled."""
    if not (inside := in_session(rows, calendar)).all():
        count = int((~inside).sum())
        raise DataNotFit(
            f"{count} bars lie outside their session of {calendar.name}: validate refuses them"
        )
    times, known, codes = stamps(rows, "timestamp"), stamps(rows, "available_at"), _codes(rows)
    if (count := int(np.isnat(known).sum())) != 0:
        raise DataNotFit(f"{count} bars have no available_at: validate refuses them")
    twice = np.flatnonzero((times[1:] == times[:-1]) & (codes[1:] == codes[:-1]))
    if len(twice):
        name = rows.column("instrument_id")[int(twice[0])].as_py()
        raise DataNotFit(
            f"{len(twice)} bars repeat a stamp, first {times[twice[0]]} of {name}: "
            "validate refuses them"
        )
    step = step_of(timeframe)
    if step is not None:
        bound = _lengths(rows, calendar) if source is None else _declared(source, len(times))
        _check_within(times, bound, calendar, step)


def _codes(rows: pa.Table) -> _Ticks:
    return instrument_codes(rows).astype(np.int64)


def _declared(source: str, count: int) -> _Ticks:
    own = step_of(source)
    return np.full(count, _ENDLESS if own is None else int(_ticks(own)))


def _check_within(times: Stamps, length: _Ticks, calendar: Calendar, step: np.timedelta64) -> None:
    """A row lasts its length, or up to the end of its part; it must not outlast its new bar."""
    place = calendar.parts.locate(times)
    _, end = calendar.parts.bins(times, step)
    left, room = calendar.parts.ends[place] - times, end - times
    over = np.minimum(length, _ticks(left)) > _ticks(room)
    if over.any():
        row = int(np.argmax(over))
        raise DataNotFit(
            f"the bar of {times[row]} may last beyond {end[row]}, where its new bar ends: give "
            "shorter ones, or their timeframe as source if they are short but were known late"
        )


def _lengths(rows: pa.Table, calendar: Calendar) -> _Ticks:
    """The longest that each instrument's rows can last, for each row, in microseconds.

    Rows stand on a grid from the start of their part, so their length divides all offsets; and a
    row was not known before its end, unless that was the end of its part.
    """
    times, known, codes = stamps(rows, "timestamp"), stamps(rows, "available_at"), _codes(rows)
    place = calendar.parts.locate(times)
    first = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
    grid = np.gcd.reduceat(_ticks(times - calendar.parts.starts[place]), first)
    delay = np.where(known < calendar.parts.ends[place], _ticks(known - times), _ENDLESS)
    most = np.minimum.reduceat(delay, first)
    longest = [_divisor(*pair) for pair in zip(grid.tolist(), most.tolist(), strict=True)]
    return np.repeat(np.array(longest, dtype=np.int64), np.diff(np.append(first, len(codes))))


def _divisor(grid: int, most: int) -> int:
    """The largest whole number of minutes up to ``most`` that divides ``grid``; ``most`` if none."""
    minutes = range(min(most, _DAY) // _MINUTE, 0, -1)
    return next((minute * _MINUTE for minute in minutes if grid % (minute * _MINUTE) == 0), most)


def _ticks(span: NDArray[np.timedelta64] | np.timedelta64) -> _Ticks:
    return np.asarray(span).astype("timedelta64[us]").astype(np.int64)
