"""The array types and time conversions that the whole library shares."""

from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market.errors import BadParameter, DataNotFit

Floats = NDArray[np.float64]
Stamps = NDArray[np.datetime64]
"""Instants as datetime64[us], always UTC."""
Days = NDArray[np.datetime64]
"""Session dates as datetime64[D]."""
Mask = NDArray[np.bool_]
"""Which rows, or which places of a table, are meant."""
RowNumbers = NDArray[np.int64]
"""Places in the rows of a table or a panel, from 0."""


def floats(values: ArrayLike, *, of: str) -> Floats:
    """The values as float64, in their shape. DataNotFit names the first that is no number."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as exc:
        raise DataNotFit(f"{of}: expected numbers{_first_other(values)}") from exc


def _first_other(values: ArrayLike) -> str:
    try:
        cells = np.asarray(values, dtype=object).ravel().tolist()
    except ValueError:
        return " in rows of one length"
    for place, cell in enumerate(cells):
        try:
            float(cell)
        except (TypeError, ValueError):
            return f", but {place} is {cell!r}"
    return " in rows of one length"


def to_stamp(at: datetime) -> np.datetime64:
    """An aware datetime as datetime64[us] in UTC; a naive one raises BadParameter."""
    if at.tzinfo is None:
        raise BadParameter(f"time {at.isoformat()} has no time zone: pass an aware datetime")
    return np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "us")


def from_stamp(stamp: np.datetime64) -> datetime:
    """A datetime64 (UTC) as an aware datetime, to the microsecond."""
    moment: datetime = stamp.astype("datetime64[us]").item()
    return moment.replace(tzinfo=UTC)


def from_day(day: np.datetime64) -> date:
    """A datetime64[D] as a date."""
    value: date = day.astype("datetime64[D]").item()
    return value


def to_days(dates: object, *, name: str = "session", gaps: bool = False) -> Days:
    """Dates, shape (n,), of whatever holds them: numpy, a pandas index or Series, a list.

    Of instants with a zone the dates that are written there, which are a session's. Raises
    `DataNotFit` for numbers, for more than one dimension, and for what is missing unless `gaps`
    leaves it NaT.
    """
    values = np.asarray(dates)
    if values.dtype == object and values.ndim == 1:
        values = np.array([_day(at) for at in values])
    expected = f"{name}: expected dates (n,), such as a DatetimeIndex, datetime64 or a list of date"
    if values.ndim != 1 or (values.size and values.dtype.kind not in "MUO"):
        raise DataNotFit(f"{expected}, got {values.dtype} {values.shape}")
    try:
        days = values.astype("datetime64[D]")
    except (ValueError, TypeError) as exc:
        raise DataNotFit(f"{expected}: {exc}") from exc
    if not gaps and np.isnat(days).any():
        raise DataNotFit(f"{name}: date {int(np.argmax(np.isnat(days)))} is missing")
    return days


def _day(at: object) -> object:
    """The date of an instant; None of what equals nothing, as NaT of pandas, which is a datetime."""
    if not isinstance(at, datetime):
        return at
    return at.date() if at == at else None  # noqa: PLR0124  # false of NaT alone
