"""People's prices as bars: frames long, wide or by name, and bars as they are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jobs.interactive.days import sessions
from market.arrays import Days, Floats
from market.bars import PRICES, Bars, as_adjusted
from market.errors import DataNotFit

_FIELDS = (*PRICES, "volume")
_DATES = ("session", "date", "timestamp", "datetime", "time", "day")
_SYMBOLS = ("symbol", "ticker", "instrument_id", "instrument", "asset")
_ADJUSTED = ("adj close", "adj_close", "adjclose", "adjusted close", "adjusted_close")
_ALONE = "prices"
_DAY = np.timedelta64(1, "D")
Given = Any
"""A frame, a series of closes, bars, a sequence of bars, or any of these by name."""


def bars_of(given: Given) -> list[Bars]:
    """Daily bars by instrument, sorted by name.

    A DataFrame has its dates as index or in a column, and either the usual columns (`close`, and
    `open`, `high`, `low`, `volume` where they are known; of several instruments with a column
    `symbol`, or with two header rows), or a column of closes for each instrument. A row without a
    close is no bar. Raises `DataNotFit` for what is ambiguous or no number, with the remedy.
    """
    found = sorted(_parts(given), key=lambda bars: bars.instrument_id)
    names = [bars.instrument_id for bars in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise DataNotFit(f"{min(twice)} is there twice; remedy: give each instrument once")
    if not found:
        raise DataNotFit("no prices: the frame has no row with a close")
    return found


def _parts(given: Given) -> Iterator[Bars]:
    if isinstance(given, Bars):
        yield given
    elif isinstance(given, pd.Series):
        yield from _of_frame(given.to_frame("close"), str(given.name or _ALONE))
    elif isinstance(given, pd.DataFrame):
        yield from _of_frame(given, _ALONE)
    elif isinstance(given, Mapping):
        for name, part in given.items():
            yield from [part] if isinstance(part, Bars) else _of_one(part, str(name))
    elif hasattr(given, "to_pandas"):  # polars, Arrow
        yield from _parts(given.to_pandas())
    elif isinstance(given, Sequence) and all(isinstance(part, Bars) for part in given):
        yield from given
    else:
        kind = type(given).__name__
        raise DataNotFit(f"{kind}: expected a DataFrame, a dict of them by symbol, or bars")


def _of_one(given: Given, name: str) -> list[Bars]:
    """What stands under one name is one instrument."""
    frame = given.to_frame("close") if isinstance(given, pd.Series) else given
    found = list(_of_frame(frame, name))
    if [bars.instrument_id for bars in found] != [name]:
        raise DataNotFit(f"{name}: expected the prices of one instrument, with a column close")
    return found


def _of_frame(frame: pd.DataFrame, name: str) -> Iterator[Bars]:
    if frame.columns.nlevels == 2:
        for symbol, part in _by_header(frame):
            yield from _of_frame(part, symbol)
        return
    table, dates = _dated(frame)
    symbols = next((column for column in _SYMBOLS if column in table), None)
    if not {"close", *_ADJUSTED} & set(table.columns):
        yield from _of_wide(table, dates, symbols)
    elif symbols is None:
        yield from _bars(name, table, dates)
    else:
        _require_symbols(table[symbols])
        for one, rows in table.groupby(symbols, sort=False).indices.items():
            yield from _bars(str(one), table.iloc[rows], dates[rows])


def _dated(frame: pd.DataFrame) -> tuple[pd.DataFrame, Days]:
    """The frame with plain column names and numbered rows, and its dates."""
    levels = {str(level).strip().lower(): at for at, level in enumerate(frame.index.names)}
    known = [name for name in (*_DATES, *_SYMBOLS) if name in levels]
    if frame.index.nlevels > 1 and len(known) < frame.index.nlevels:
        raise DataNotFit("an index of several levels: expected names such as date and symbol")
    table = _renamed(frame)
    for name in known:
        # Over a column of that name, which is the same told twice.
        table = table.assign(**{name: frame.index.get_level_values(levels[name])})
    if not table.columns.is_unique:
        raise DataNotFit(f"two columns are called {table.columns[table.columns.duplicated()][0]!r}")
    level = next((name for name in known if name in _DATES), None)
    column = level or (None if _holds_dates(frame.index) else _date_column(table))
    given = table.index if column is None else table[column]
    days = sessions(given, of="the index" if column is None else f"column {column}")
    used = [] if column is None else [column]
    return table.drop(columns=used).reset_index(drop=True), days


def _renamed(frame: pd.DataFrame) -> pd.DataFrame:
    """The usual columns in small letters; of a wide frame not those in capitals, which are symbols."""
    lower = {column: str(column).strip().lower() for column in frame.columns}
    usual = {*_SYMBOLS, *_FIELDS, *_ADJUSTED}
    if {"close", *_ADJUSTED} & {*lower.values()}:
        usual |= {*_DATES}
    else:
        lower = {column: low for column, low in lower.items() if not str(column).isupper()}
    return frame.rename(columns={c: low for c, low in lower.items() if low in usual})


def _date_column(table: pd.DataFrame) -> Any:
    """The column of dates, one in small letters before others; None without one."""
    named = [
        (str(column) != name, at, column)
        for at, name in enumerate(_DATES)
        for column in table.columns
        if str(column).strip().lower() == name
    ]
    return min(named, key=lambda ranked: ranked[:2])[2] if named else None


def _holds_dates(index: pd.Index) -> bool:
    """Whether an index that is no count of rows is one of dates."""
    if pd.api.types.is_numeric_dtype(index):
        return False
    try:
        sessions(index, of="the index")
    except (DataNotFit, AttributeError):
        return False
    return True


def _require_symbols(symbols: pd.Series) -> None:
    missing = symbols.isna().to_numpy()
    if missing.any():
        raise DataNotFit(
            f"column {symbols.name}: row {int(missing.argmax())} has no symbol; remedy: name it or "
            "drop the row"
        )


def _by_header(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """The parts of a frame with two header rows, one of which says the fields."""
    values = [frame.columns.get_level_values(at) for at in (0, 1)]
    levels = [{str(label).lower() for label in names} for names in values]
    fields = next((at for at in (0, 1) if "close" in levels[at]), None)
    if fields is None:
        raise DataNotFit("two header rows, and none has a close: expected fields and symbols")
    for symbol in values[1 - fields].unique():
        yield str(symbol), pd.DataFrame(frame.xs(symbol, axis=1, level=1 - fields))


def _of_wide(table: pd.DataFrame, dates: Days, symbols: str | None) -> Iterator[Bars]:
    """A column of closes for each instrument."""
    lone = [name for name in (*_FIELDS, symbols) if name in table]
    if lone:
        raise DataNotFit(
            f"there is a column {lone[0]} and none called close; remedy: name the closes so, or "
            "leave symbols alone as columns, a column of closes each"
        )
    for column in table.columns:
        yield from _bars(str(column), table[[column]].set_axis(["close"], axis=1), dates)


def _bars(name: str, table: pd.DataFrame, dates: Days) -> Iterator[Bars]:
    columns = {field: _numbers(table, field, name) for field in _FIELDS if field in table}
    adjusted = next((field for field in _ADJUSTED if field in table), None)
    if adjusted:
        # Beside adjusted closes the others are raw: a split in them would be taken for a fall.
        columns = {"close": _numbers(table, adjusted, name)}
    there = ~np.isnan(columns["close"])
    if not there.any():
        return
    order = np.argsort(dates[there], kind="stable")
    days = dates[there][order]
    _require_daily(name, days)
    missing = np.full(len(days), np.nan)
    fields = {
        field: np.ascontiguousarray(columns[field][there][order]) if field in columns else missing
        for field in _FIELDS
    }
    opened, ended = (stamps.astype("datetime64[us]") for stamps in (days, days + _DAY))
    bars = Bars(name, timestamp=opened, session=days, available_at=ended, **fields)
    yield as_adjusted(bars) if adjusted else bars


def _numbers(table: pd.DataFrame, column: str, name: str) -> Floats:
    if pd.api.types.is_datetime64_any_dtype(table[column]):
        raise DataNotFit(f"{name}: column {column} holds dates; remedy: leave it out")
    try:
        return pd.to_numeric(table[column]).to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError) as exc:
        raise DataNotFit(f"{name}: column {column} holds what is no number: {exc}") from exc


def _require_daily(name: str, days: Days) -> None:
    twice = np.flatnonzero(days[1:] == days[:-1])
    if twice.size:
        raise DataNotFit(
            f"{name}: two rows are of {days[twice[0]]}; remedy: one row a day (bars within the day "
            "resampled), and of several instruments a column symbol"
        )
