"""Text files: the encoding, the separator and the rows, found by what stands in them."""

import csv
from collections import Counter
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from cluster.errors import BadInput

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_LOOKED_AT = 40  # lines that tell the separator and hold the names
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def text_of(path: Path) -> str:
    """The file's text. Raises BadInput for one that is none in a usual encoding.

    A byte order mark says which; else it is UTF-8 where it can be, UTF-16 where it holds zero
    bytes, and otherwise Windows-1252, which includes Latin-1.
    """
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise BadInput(f"{path}: cannot be read: {exc.strerror}; nothing was written") from exc
    try:
        text = _decoded(data)
    except UnicodeDecodeError as exc:
        raise BadInput(
            f"{path}: cannot be read: byte {exc.start} is text in neither UTF-8, UTF-16 nor "
            "Windows-1252; save it as UTF-8; nothing was written"
        ) from exc
    return text if "\n" in text else text.replace("\r", "\n")


def first_lines(text: str) -> list[str]:
    """The lines that the names and the separator are looked for in."""
    return [line.rstrip("\r") for line in text.split("\n", _LOOKED_AT)[:_LOOKED_AT]]


def separator_of(lines: list[str]) -> str:
    """The separator that cuts most lines into the same number of values, then into the most."""
    return max(SEPARATORS.values(), key=lambda separator: _evenness(lines, separator))


def cells(line: str, separator: str) -> list[str]:
    """The values of one line, without blanks around them."""
    row = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    return [value.strip() for value in row]


def rows_below(text: str, *, skipped: int, width: int, separator: str, source: str) -> pa.Table:
    """The lines below the first `skipped` ones as columns of text, named by their places.

    Raises BadInput that shows the first line with another number of values.
    """
    body = text.split("\n", skipped)[skipped] if text.count("\n") >= skipped else ""
    names = [str(place) for place in range(width)]
    if not body.strip():
        return pa.table({name: pa.array([], pa.string()) for name in names})
    torn: list[pyarrow.csv.InvalidRow] = []

    def note(row: pyarrow.csv.InvalidRow) -> str:
        # A line of separators alone, or of blanks, says nothing.
        if row.text.strip(f" \t\r{separator}"):
            torn.append(row)
        return "skip"

    table = pyarrow.csv.read_csv(
        BytesIO(body.encode()),
        # One thread: only then does a torn row know its number.
        pyarrow.csv.ReadOptions(use_threads=False, column_names=names),
        pyarrow.csv.ParseOptions(delimiter=separator, invalid_row_handler=note),
        pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    )
    if torn:
        raise BadInput(
            f"{source}: row {torn[0].number}: {torn[0].actual_columns} values where the names are "
            f"{width}: {torn[0].text[:60]!r}; cannot be read, nothing was written"
        )
    return table


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding)
    if b"\0" in data[:4096]:
        # Of Latin letters every second byte is zero, in the one order or the other.
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252")


def _evenness(lines: list[str], separator: str) -> tuple[int, int]:
    widths = Counter(len(cells(line, separator)) for line in lines if line.strip())
    return max(((count, width) for width, count in widths.items() if width > 1), default=(0, 0))
