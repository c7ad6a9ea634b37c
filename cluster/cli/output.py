"""How commands print: a document for programs with `--json`, lines for people otherwise."""

import unicodedata
from collections.abc import Sequence
from typing import Any

import click
import orjson

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def print_json(document: Any) -> None:
    """One JSON document on standard output; NaN becomes null."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    click.echo(orjson.dumps(document, option=options, default=str).decode())


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns as wide as their widest cell; a missing value is a dash, a number has all its digits."""
    cells = [[_cell(name) for name in header], *([_cell(value) for value in row] for row in rows)]
    widths = [max(_width(row[i]) for row in cells) for i in range(len(header))]
    for row in cells:
        padded = [
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        click.echo("  ".join(padded).rstrip())


def _cell(value: object) -> str:
    """One line, whatever text it holds: a line break, or what a terminal would obey, is written out."""
    text = "-" if value is None else str(value)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _width(cell: str) -> int:
    """Columns of a terminal: letters of East Asia take two, marks on the letter before none."""
    if cell.isascii():
        return len(cell)
    wide = sum(unicodedata.east_asian_width(c) in {"W", "F"} for c in cell)
    return len(cell) + wide - sum(unicodedata.combining(c) > 0 for c in cell)
