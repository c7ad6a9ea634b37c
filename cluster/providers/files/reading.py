"""CSV and Parquet files as tables of one shape; what cannot be read whole is refused whole."""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from cluster.errors import BadInput
from cluster.providers.files.columns import NUMBERS, fields_of

_SUFFIXES = (".csv", ".parquet")


def expand(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, folders opened one level deep, in order of name.

    Raises BadInput for what is not there, another suffix, and one file given twice.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise BadInput(f"{path}: no such file or folder; nothing was written")
        if path.is_dir():
            found += sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES)
        else:
            found.append(path)
    if not found:
        raise BadInput("no files: give names that end in .csv or .parquet, or folders of them")
    seen: dict[str, Path] = {}
    for path in found:
        if path.suffix.lower() not in _SUFFIXES:
            raise BadInput(f"{path}: expected a name that ends in .csv or .parquet")
        if (twin := seen.setdefault(_digest(path), path)) is not path:
            raise BadInput(f"{path} has the same content as {twin}: give each file once")
    return found


def read_bars(path: Path, *, given: Mapping[str, str], adjusted: bool | None) -> pa.Table:
    """The file's bars: `time` as it stands, `symbol` as text, numbers as float64, where there.

    Raises BadInput for a file that cannot be read whole.
    """
    headers = _headers(path)
    fields = fields_of(headers, given=given, adjusted=adjusted, source=path.name)
    # As text: a symbol of digits keeps its zeros, and a time the form in which it was written,
    # which tells whether it names a zone.
    table = read(path, texts=[fields[name] for name in ("symbol", "time") if name in fields],
                 numbers=[fields[name] for name in NUMBERS if name in fields])  # fmt: skip
    table = table.select(list(fields.values())).rename_columns(list(fields))
    if table.num_rows == 0:
        raise BadInput(f"{path.name}: no rows")
    return table


def read(path: Path, *, texts: Sequence[str], numbers: Sequence[str]) -> pa.Table:
    """The table, these columns as text (of a CSV) and as float64. Raises BadInput."""
    types = dict.fromkeys(texts, pa.string()) | dict.fromkeys(numbers, pa.float64())
    try:
        if path.suffix.lower() == ".csv":
            convert = pyarrow.csv.ConvertOptions(column_types=types)
            return pyarrow.csv.read_csv(path, convert_options=convert)
        table = pyarrow.parquet.read_table(path)
        for name in numbers:
            index = table.schema.get_field_index(name)
            table = table.set_column(index, name, table[name].cast(pa.float64()))
    except (OSError, pa.ArrowException, UnicodeDecodeError) as exc:
        detail = str(exc).strip().splitlines()[0][:200]
        raise BadInput(f"{path}: cannot be read: {detail}; nothing was written") from exc
    return table


def _headers(path: Path) -> list[str]:
    try:
        if path.suffix.lower() == ".csv":
            # -sig: the byte order mark that spreadsheets write is no part of the first name.
            with path.open(encoding="utf-8-sig", newline="") as file:
                headers = next(csv.reader(file), [])
        else:
            headers = pyarrow.parquet.read_schema(path).names
    except (OSError, pa.ArrowException, UnicodeDecodeError, csv.Error) as exc:
        detail = str(exc).strip().splitlines()[0][:200]
        raise BadInput(f"{path}: cannot be read: {detail}; nothing was written") from exc
    if not any(headers):
        raise BadInput(f"{path.name}: empty, expected a line of column names")
    if len(set(headers)) < len(headers):
        raise BadInput(f"{path.name}: two columns have the same name")
    return headers


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise BadInput(f"{path}: cannot be read: {exc.strerror}; nothing was written") from exc
