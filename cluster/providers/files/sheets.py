"""One file as a sheet: named columns, as they were written or as their types say."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from cluster.errors import BadInput
from cluster.providers.files.heads import Head, head_of, split_names
from cluster.providers.files.text import (
    SEPARATORS,
    cells,
    first_lines,
    rows_below,
    separator_of,
    text_of,
)


@dataclass(frozen=True, eq=False)
class Sheet:
    """Columns by place with their names; `tickers` has that of each where one sheet holds several.

    `separator` is that of a text file; a Parquet file has ",", by which a point is always one.
    """

    names: tuple[str, ...]
    columns: tuple[pa.ChunkedArray, ...]
    separator: str = ","
    tickers: tuple[str, ...] | None = None

    @property
    def rows(self) -> int:
        return len(self.columns[0]) if self.columns else 0


def sheet_of(
    path: Path,
    *,
    separator: str | None = None,
    header: tuple[str, ...] = (),
    given: Mapping[str, str],
) -> Sheet:
    """The file's sheet. `header` are the names of a file that has none, `given` meanings of names.

    Raises BadInput for a file that cannot be read whole.
    """
    if path.suffix.lower() == ".parquet":
        return _of_parquet(path)
    return _of_text(path, separator=separator, header=header, given=given)


def _of_text(
    path: Path, *, separator: str | None, header: tuple[str, ...], given: Mapping[str, str]
) -> Sheet:
    text = text_of(path)
    lines = first_lines(text)
    # A spreadsheet's own way of saying it, which it does not show.
    declared = lines[0].lower().startswith("sep=") and len(lines[0]) == 5
    mark = separator or (lines[0][4] if declared else separator_of(lines))
    rows = [
        [] if declared and place == 0 else cells(line, mark) for place, line in enumerate(lines)
    ]
    head = Head(header, int(declared)) if header else head_of(rows, given=given, source=path.name)
    _check_names(head, path)
    table = rows_below(
        text, skipped=head.lines, width=len(head.names), separator=mark, source=path.name
    )
    return Sheet(head.names, tuple(table.columns), mark, head.tickers)


def _of_parquet(path: Path) -> Sheet:
    try:
        table = pyarrow.parquet.read_table(path)
    except (OSError, pa.ArrowException) as exc:
        raise BadInput(
            f"{path}: cannot be read: it is no whole Parquet file; nothing was written"
        ) from exc
    names = tuple(table.column_names)
    columns = tuple(table.columns)
    if (names and names[-1].startswith("__index_level_")) or _is_index(table):
        # pandas writes the index last; it is the first column of the frame.
        names, columns = (names[-1], *names[:-1]), (columns[-1], *columns[:-1])
    if pairs := split_names(names):
        return Sheet(pairs[0], columns, tickers=pairs[1])
    sheet = Sheet(names, columns)
    _check_names(Head(names, 0), path)
    return sheet


def _is_index(table: pa.Table) -> bool:
    """Whether pandas wrote the last column as the frame's index, by what it notes in the file."""
    noted = (table.schema.pandas_metadata or {}).get("index_columns", [])
    return bool(noted) and noted == [table.column_names[-1]]


def _check_names(head: Head, path: Path) -> None:
    if not any(head.names):
        raise BadInput(f"{path.name}: empty, expected a line of column names")
    named = [name for name in head.names if name]
    if head.tickers is None and len(set(named)) < len(named):
        raise BadInput(f"{path.name}: two columns have the same name")


def separator_named(text: str) -> str:
    """The separator of that name or sign. Raises BadInput that lists them."""
    found = SEPARATORS.get(text, text)
    if found not in SEPARATORS.values():
        raise BadInput(
            f"--separator {text[:20]!r}: expected one of {', '.join(SEPARATORS)}, or the sign itself"
        )
    return found
