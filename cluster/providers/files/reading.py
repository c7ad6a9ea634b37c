"""CSV and Parquet files as tables of one shape; what cannot be read whole is refused whole."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cluster.errors import BadInput
from cluster.providers.files.columns import BESIDE, NUMBERS, are_adjusted, fields_of
from cluster.providers.files.figures import MISSING, numbers_of
from cluster.providers.files.request import FilesRequest
from cluster.providers.files.sheets import Sheet, sheet_of
from cluster.providers.files.stamps import written

_IN_FOLDERS = (".csv", ".tsv", ".parquet")
_SUFFIXES = (*_IN_FOLDERS, ".txt")


def expand(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, folders opened one level deep, in order of name.

    Raises BadInput for what is not there, another suffix, and one file given twice.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise BadInput(f"{path}: no such file or folder; nothing was written")
        if path.is_dir():
            found += sorted(file for file in path.iterdir() if file.suffix.lower() in _IN_FOLDERS)
        else:
            found.append(path)
    if not found:
        raise BadInput("no files: give names that end in .csv or .parquet, or folders of them")
    seen: dict[str, Path] = {}
    for path in found:
        if path.suffix.lower() not in _SUFFIXES:
            hint = "; save the sheet as CSV" if path.suffix.lower().startswith(".xls") else ""
            raise BadInput(f"{path}: expected a name that ends in {', '.join(_SUFFIXES)}{hint}")
        if (twin := seen.setdefault(_digest(path), path)) is not path:
            raise BadInput(f"{path} has the same content as {twin}: give each file once")
    return found


def read_bars(path: Path, request: FilesRequest) -> tuple[pa.Table, bool]:
    """The file's bars: `time` as it stands or as ISO text, `symbol` as text, numbers as float64.

    And whether they are adjusted. Raises BadInput for a file that cannot be read whole.
    """
    sheet = sheet_of(
        path, separator=request.separator, header=request.header, given=request.columns
    )
    if sheet.rows == 0:
        raise BadInput(f"{path.name}: no rows")
    wide = sheet.tickers is not None
    sheet = sheet if sheet.tickers is None else _long(sheet, sheet.tickers)
    fields = fields_of(
        sheet.names, given=request.columns, adjusted=request.adjusted, source=path.name
    )
    columns = {field: sheet.columns[place] for field, place in fields.items()}
    time = written(
        columns.pop("time"), columns.pop("clock", None), form=request.date_format, source=path.name
    )
    numbers = {name: columns.pop(name) for name in (*NUMBERS, *BESIDE) if name in columns}
    adjusted = are_adjusted(sheet.names, fields, told=request.adjusted, wide=wide)
    read = _numbers(numbers, sheet, request, path.name)
    return pa.table({"time": time, **columns, **read}), adjusted


def _numbers(
    columns: dict[str, pa.ChunkedArray], sheet: Sheet, request: FilesRequest, source: str
) -> dict[str, pa.ChunkedArray]:
    texts = {name: column for name, column in columns.items() if _is_text(column)}
    read = numbers_of(
        {name: column.cast(pa.string()) for name, column in texts.items()},
        given=request.marks,
        currency=request.currency if request.instruments is None else None,
        separator=sheet.separator,
        source=source,
    )
    return {
        name: read[name] if name in read else _as_float(name, column, source)
        for name, column in columns.items()
    }


def _as_float(name: str, column: pa.ChunkedArray, source: str) -> pa.ChunkedArray:
    try:
        return column.cast(pa.float64(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as exc:
        raise BadInput(
            f"{source}: column {name} holds {column.type}: expected numbers; leave it out with "
            "--column, or write it as numbers; nothing was written"
        ) from exc


def _long(sheet: Sheet, tickers: Sequence[str]) -> Sheet:
    """A sheet with a group of columns for each ticker, as rows of one ticker after the other.

    A row without any value of a ticker is none of it: others traded on that day.
    """
    names = tuple(dict.fromkeys(sheet.names[1:]))
    parts = []
    for ticker in dict.fromkeys(tickers[1:]):
        own = {
            sheet.names[place]: sheet.columns[place]
            for place, of in enumerate(tickers)
            if place and of == ticker
        }
        held = np.logical_or.reduce([_has_value(column) for column in own.values()])
        absent = pa.nulls(sheet.rows, next(iter(own.values())).type)
        columns = [sheet.columns[0], *(own.get(name, absent) for name in names)]
        table = pa.table(
            [*columns, pa.repeat(ticker, sheet.rows)], [sheet.names[0], *names, "symbol"]
        )
        parts.append(table.filter(pa.array(held)))
    whole = pa.concat_tables(parts)
    return Sheet(tuple(whole.column_names), tuple(whole.columns), sheet.separator)


def _has_value(column: pa.ChunkedArray) -> np.ndarray:
    known = pc.is_valid(column)
    if _is_text(column):
        known = pc.and_(known, pc.invert(pc.is_in(pc.utf8_lower(column), pa.array(MISSING))))
    elif pa.types.is_floating(column.type):
        known = pc.and_(known, pc.invert(pc.is_nan(column)))
    held: np.ndarray = pc.fill_null(known, fill_value=False).to_numpy()
    return held


def _is_text(column: pa.ChunkedArray) -> bool:
    kind = column.type
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise BadInput(f"{path}: cannot be read: {exc.strerror}; nothing was written") from exc
