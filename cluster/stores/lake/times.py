"""Instants on their way into Arrow: always aware, always UTC, to the microsecond."""

from datetime import UTC, date, datetime, time, timedelta

import pyarrow as pa

from cluster.stores.lake.refusals import refuse

INSTANT = pa.timestamp("us", tz="UTC")


def instant(at: datetime, name: str) -> pa.Scalar:
    """An aware datetime as an Arrow scalar. Raises BadInput that names the argument if naive."""
    if at.tzinfo is None:
        raise refuse(name, "a time needs its zone, for example 2024-01-31T00:00:00Z", "timezone")
    return pa.scalar(at, INSTANT)


def midnight(day: date) -> datetime:
    """The UTC midnight that begins a day."""
    return datetime.combine(day, time(), UTC)


def after(day: date | None) -> datetime | None:
    """The UTC midnight that ends a day: bars of the day open before it. The last of all has none."""
    return None if day is None or day == date.max else midnight(day + timedelta(days=1))
