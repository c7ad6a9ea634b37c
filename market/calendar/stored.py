"""Schedules of exchanges as they are stored: the dates, and the times in minutes from their midnight."""

import pkgutil
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market.arrays import Days, Stamps
from market.calendar.schedule import Schedule
from market.errors import DataNotFit

_TIMES = ("opens", "closes", "break_starts", "break_ends")
_NO_TIME = np.iinfo(np.int16).min
_MINUTE = np.timedelta64(1, "m")


def load(name: str) -> tuple[Schedule, str]:
    """The schedule of an exchange and where it comes from, out of the table that is shipped."""
    return unpack(pkgutil.get_data(__name__, f"tables/{name}.npz") or b"")


def unpack(table: bytes) -> tuple[Schedule, str]:
    """What `pack` was given."""
    with np.load(BytesIO(table)) as held:
        days = np.cumsum(held["steps"], dtype=np.int64).astype("datetime64[D]")
        times = {name: _stamps(days, held[name]) for name in _TIMES}
        return Schedule(days, early=held["early"], **times), str(held["source"])


def pack(schedule: Schedule, source: str) -> bytes:
    """The bytes of a table, the same for the same schedule. Raises DataNotFit for part of a minute."""
    days = schedule.days.astype(np.int64)
    columns: dict[str, Any] = {
        name: _minutes(schedule.days, getattr(schedule, name)) for name in _TIMES
    }
    # From date to date: such small steps take a tenth of the dates' bytes.
    steps = np.diff(days, prepend=0).astype(np.int16)
    table = BytesIO()
    np.savez_compressed(
        table, source=np.array(source), steps=steps, early=schedule.early, **columns
    )
    return table.getvalue()


def _minutes(days: Days, stamps: Stamps) -> NDArray[np.int16]:
    there = ~np.isnat(stamps)
    minutes = np.full(len(days), _NO_TIME, dtype=np.int16)
    minutes[there] = (stamps[there] - days[there]) // _MINUTE
    if not np.array_equal(_stamps(days, minutes), stamps, equal_nan=True):
        raise DataNotFit("a calendar has times that are no whole minutes: expected whole ones")
    return minutes


def _stamps(days: Days, minutes: NDArray[np.int16]) -> Stamps:
    stamps: Stamps = days.astype("datetime64[us]") + minutes.astype("timedelta64[m]")
    stamps[minutes == _NO_TIME] = np.datetime64("NaT")
    return stamps
