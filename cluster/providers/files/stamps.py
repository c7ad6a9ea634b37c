"""The time column of a file: dates of sessions, or instants whose zone is known."""

import re
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cluster.errors import BadInput
from cluster.providers.files.dates import clock_of, to_iso
from market.arrays import Days, Stamps

_ISO: Final = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s?(Z|[+-]\d{2}:?\d{2})?)?$"
_AWARE: Final = re.compile(r".*(Z|[+-]\d{2}:?\d{2})")
_LOCAL: Final = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?")
_HOUR = np.timedelta64(1, "h")


def written(
    times: pa.ChunkedArray,
    clock: pa.ChunkedArray | None,
    *,
    form: str | None,
    source: str,
    name: str = "time",
) -> pa.ChunkedArray:
    """The column as dates, stamps or ISO texts; `clock` is that of the hours, where it has its own.

    Raises BadInput for a row without a time, and for a form that is none or may be two.
    """
    if empty := times.null_count:
        raise BadInput(f"{source}: {empty} rows have no time")
    if pa.types.is_date(times.type) or pa.types.is_timestamp(times.type):
        return times
    if pa.types.is_floating(times.type) or pa.types.is_boolean(times.type):
        raise BadInput(
            f"{source}: the time column holds {times.type}: expected dates such as 2024-01-31 or "
            "stamps such as 2024-01-31T14:30:00Z"
        )
    texts = pc.utf8_trim_whitespace(times.cast(pa.string()))
    if clock is not None:
        hours = [clock_of(text) for text in clock.cast(pa.string()).to_pylist()]
        texts = pc.binary_join_element_wise(texts, pa.chunked_array([pa.array(hours)]), " ")
    if form is None and pc.all(pc.match_substring_regex(texts, _ISO)).as_py():
        return texts
    return pa.chunked_array(
        [pa.array(to_iso(texts.to_pylist(), form=form, source=source, name=name))]
    )


def kind_of(times: pa.ChunkedArray, *, source: str) -> str:
    """`date`, `naive` or `aware`: the one form of the whole column. Raises BadInput otherwise."""
    if pa.types.is_date(times.type):
        return "date"
    if pa.types.is_timestamp(times.type):
        return "naive" if times.type.tz is None else "aware"
    kinds = [_kind(text) for text in times.to_pylist()]
    other = next((row for row, kind in enumerate(kinds) if kind != kinds[0]), None)
    if other is not None:
        raise BadInput(
            f"{source}: row {other + 1}: time {times[other].as_py()!r} has another form than the rows "
            "before it"
        )
    return kinds[0]


def are_days(times: pa.ChunkedArray, *, source: str) -> bool:
    """Whether stamps are dates with an hour that says nothing: midnight, or one a day at one hour.

    Summer time may move that hour by one. Fewer than three stamps show it by midnight alone.
    """
    moments = _as_written(times, source)
    days = moments.astype("datetime64[D]")
    hours = np.unique(moments - days)
    if len(hours) == 1 and hours[0] == np.timedelta64(0):
        return True
    daily = len(np.unique(moments)) == len(np.unique(days)) >= 3
    return daily and len(hours) <= 2 and bool(hours[-1] - hours[0] in {0 * _HOUR, _HOUR})


def to_days(times: pa.ChunkedArray, *, source: str) -> Days:
    """The date of each row as it is written, shape (n,), whatever time and zone follow."""
    return _days(_as_written(times, source))


def to_stamps(times: pa.ChunkedArray, *, kind: str, timezone: str | None, source: str) -> Stamps:
    """The instants in UTC, datetime64[us], shape (n,). Stamps with an offset keep it.

    Raises BadInput for stamps without an offset where no zone is stated, and for local times that
    summer time skips or repeats.
    """
    if kind == "naive" and timezone is None:
        raise BadInput(
            f"{source}: stamps without a time zone: say which with --timezone UTC or --timezone "
            "America/New_York"
        )
    # ISO8601 lets rows differ in their fractions; else the first row's form is taken for all.
    series = pd.Series(pd.to_datetime(times.to_pandas(), format="ISO8601", utc=kind == "aware"))
    if kind == "naive":
        series = _localized(series, str(timezone), source)
    stamps: Stamps = (
        series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    )
    return stamps


def _localized(series: "pd.Series[pd.Timestamp]", timezone: str, source: str) -> Any:
    """Instants of local times. Raises BadInput for one that is no instant, or two of them."""
    moved = series.dt.tz_localize(timezone, nonexistent="NaT", ambiguous="NaT")
    amiss = np.flatnonzero(moved.isna())
    if not len(amiss):
        return moved
    row = int(amiss[0])
    local = series.iloc[row]
    skipped = pd.isna(local.tz_localize(timezone, nonexistent="NaT", ambiguous=True))
    why = "summer time skips it" if skipped else "it comes twice as summer time ends"
    raise BadInput(
        f"{source}: row {row + 1}: time {local} is no one instant in {timezone}: {why}; "
        "say --timezone UTC if the stamps are in UTC, or write their offsets"
    )


def _as_written(times: pa.ChunkedArray, source: str) -> Stamps:
    """Dates and local hours as they stand, datetime64[us]."""
    if pa.types.is_timestamp(times.type):
        naive: Stamps = pd.Series(times.to_pandas()).dt.tz_localize(None).to_numpy()
        return naive.astype("datetime64[us]")
    if pa.types.is_date(times.type):
        return times.to_numpy().astype("datetime64[us]")  # type: ignore[no-any-return]  # untyped
    texts = times.to_pylist()
    try:
        return np.array([_local(text) for text in texts], dtype="datetime64[us]")
    except ValueError:
        row = next(row for row, text in enumerate(texts) if not _exists(text))
        raise BadInput(
            f"{source}: row {row + 1}: time {texts[row][:40]!r}: a date that does not exist"
        ) from None


def _local(text: str) -> str:
    """Date and hour without fractions and offset."""
    found = _LOCAL.match(text)
    return found[0] if found else text


def _exists(text: str) -> bool:
    try:
        np.datetime64(text[:10])
    except ValueError:
        return False
    return True


def _kind(text: str) -> str:
    if len(text) == len("2024-01-31"):
        return "date"
    return "aware" if _AWARE.fullmatch(text[len("2024-01-31") :]) else "naive"


def _days(values: NDArray[Any]) -> Days:
    days: Days = values.astype("datetime64[D]")
    return days
