"""Instants on their way into Arrow: always aware, always UTC, to the microsecond."""

from datetime import datetime

import pyarrow as pa

from cluster.stores.lake.refusals import refuse

INSTANT = pa.timestamp("us", tz="UTC")


def instant(at: datetime, name: str) -> pa.Scalar:
    """An aware datetime as an Arrow scalar. Raises BadInput that names the argument if naive."""
    if at.tzinfo is None:
        raise refuse(name, "a time needs its zone, for example 2024-01-31T00:00:00Z", "timezone")
    return pa.scalar(at, INSTANT)
