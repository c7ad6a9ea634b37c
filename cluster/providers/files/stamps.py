"""The time column of a file: dates of sessions, or instants whose zone is known."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from cluster.errors import BadInput
from market.arrays import Days, Stamps

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NAIVE = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?")
_AWARE = re.compile(_NAIVE.pattern + r"\s?(Z|[+-]\d{2}:?\d{2})")
_KINDS = {"date": _DATE, "naive": _NAIVE, "aware": _AWARE}


def kind_of(times: pa.ChunkedArray, *, source: str) -> str:
    """`date`, `naive` or `aware`: the one form of the whole column. Raises BadInput otherwise."""
    if pa.types.is_date(times.type):
        kind = "date"
    elif pa.types.is_timestamp(times.type):
        kind = "naive" if times.type.tz is None else "aware"
    elif pa.types.is_string(times.type) or pa.types.is_large_string(times.type):
        kind = _kind_of_texts(times.to_pylist(), source)
    else:
        raise BadInput(
            f"{source}: the time column holds {times.type}: expected dates such as 2024-01-31 or "
            "stamps such as 2024-01-31T14:30:00Z"
        )
    if times.null_count:
        raise BadInput(f"{source}: {times.null_count} rows have no time")
    return kind


def to_days(times: pa.ChunkedArray, *, source: str) -> Days:
    """The date of each row as it is written, shape (n,), whatever time and zone follow."""
    if pa.types.is_timestamp(times.type):
        written = pd.Series(times.to_pandas()).dt.tz_localize(None)
        return _days(written.to_numpy())
    if pa.types.is_date(times.type):
        return _days(times.to_numpy())
    try:
        return _days(np.array([text[:10] for text in times.to_pylist()]))
    except ValueError as exc:
        raise BadInput(f"{source}: a date that does not exist: {exc}") from exc


def to_stamps(times: pa.ChunkedArray, *, kind: str, timezone: str | None, source: str) -> Stamps:
    """The instants in UTC, datetime64[us], shape (n,). Stamps with an offset keep it.

    Raises BadInput for stamps without an offset where no zone is stated, and for local times that
    summer time skips or repeats.
    """
    if kind == "naive" and timezone is None:
        raise BadInput(
            f"{source}: stamps without a time zone: say which with --timezone, such as UTC or "
            "America/New_York"
        )
    try:
        # ISO8601 lets rows differ in their fractions; else the first row's form is taken for all.
        series = pd.Series(pd.to_datetime(times.to_pandas(), format="ISO8601", utc=kind == "aware"))
        if kind == "naive":
            series = series.dt.tz_localize(timezone)
        plain = series.dt.tz_convert("UTC").dt.tz_localize(None)
    except (ValueError, TypeError, KeyError, OSError) as exc:
        raise BadInput(f"{source}: {str(exc).splitlines()[0]}") from exc
    stamps: Stamps = plain.to_numpy().astype("datetime64[us]")
    return stamps


def _days(values: NDArray[Any]) -> Days:
    days: Days = values.astype("datetime64[D]")
    return days


def _kind_of_texts(texts: Iterable[str | None], source: str) -> str:
    kind = None
    for number, text in enumerate(texts, start=1):
        own = next((name for name, form in _KINDS.items() if form.fullmatch(text or "")), None)
        if own is None:
            raise BadInput(
                f"{source}: row {number}: time {str(text)[:40]!r}: expected a date such as "
                "2024-01-31 or a stamp such as 2024-01-31T14:30:00Z"
            )
        if kind not in {None, own}:
            raise BadInput(
                f"{source}: row {number}: time {text!r} has another form than the rows before it"
            )
        kind = own
    return kind or "date"
