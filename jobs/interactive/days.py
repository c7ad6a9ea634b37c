"""Dates of people's frames, of any kind, as sessions; what is ambiguous is refused with the remedy."""

from datetime import date

import numpy as np
import pandas as pd

from market.arrays import Days, from_day
from market.errors import DataNotFit

_FORMS = ("ISO8601", "%Y%m%d")
_REMEDY = "such as 2024-01-31: pd.to_datetime(dates, format=…) reads other forms"


def sessions(given: "pd.Series | pd.Index", *, of: str) -> Days:
    """Dates (n,): of text, `date`, `datetime`, stamps or periods, naive or with a zone.

    A stamp is of the date that it shows in its own zone. `of` says whose they are. Raises
    `DataNotFit` for what is no date, with the first one.
    """
    values = given.to_timestamp() if isinstance(given, pd.PeriodIndex) else given
    stamps = _stamps(pd.Series(values).reset_index(drop=True), of)
    if stamps.isna().any():
        raise DataNotFit(f"{of}: row {int(stamps.isna().argmax())} has no date; remedy: drop it")
    days: Days = stamps.to_numpy(dtype="datetime64[ns]").astype("datetime64[D]")
    return days


def _stamps(values: "pd.Series", of: str) -> "pd.Series":
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return pd.Series(values.dt.tz_localize(None))
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    if pd.api.types.is_numeric_dtype(values):
        return _of_numbers(values, of)
    for form in _FORMS:
        try:
            # Row by row the date that it shows: an hour's shift of summer time is no other day.
            texts = values.map(lambda day: getattr(day, "isoformat", lambda day=day: day)())
            return pd.to_datetime(texts.astype(str).str[:10], format=form)
        except (ValueError, TypeError):
            continue
    raise DataNotFit(f"{of}: {_first_wrong(values)!r} is no date; expected dates {_REMEDY}")


def _of_numbers(values: "pd.Series", of: str) -> "pd.Series":
    """Whole numbers are dates such as 20240131, and nothing else."""
    try:
        return pd.to_datetime(values.astype(np.int64).astype(str), format="%Y%m%d")
    except (ValueError, TypeError) as exc:
        raise DataNotFit(
            f"{of}: {values.iloc[0]} is no date; remedy: a column `date`, or an index of dates"
        ) from exc


def _first_wrong(values: "pd.Series") -> object:
    """The first that alone is no date either; the first of all where each is one by itself."""
    alone = pd.to_datetime(values.astype(str), format="ISO8601", errors="coerce")
    return values[int(alone.isna().argmax())]


def day_of(given: object) -> date:
    """One date, of text or of any kind that `sessions` takes."""
    return from_day(sessions(pd.Series([given]), of="start")[0])
