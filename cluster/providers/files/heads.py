"""Where a text file's names stand: in its first line, below a preamble, or in yfinance's three."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cluster.errors import BadInput
from cluster.providers.files.columns import field_of, is_head

# Binance's files of klines, whose older ones have no line of names.
_KLINES = (
    *("open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "count"),
    *("taker_buy_volume", "taker_buy_quote_volume", "ignore"),
)
_UNIX = re.compile(r"\d{13}|\d{16}")


@dataclass(frozen=True)
class Head:
    """The names of the columns and how many lines they take; `tickers` where a column has one each."""

    names: tuple[str, ...]
    lines: int
    tickers: tuple[str, ...] | None = None


def head_of(rows: Sequence[Sequence[str]], *, given: Mapping[str, str], source: str) -> Head:
    """The head of a file whose first lines are `rows`. Raises BadInput where there is none.

    What stands above the line of names (a title, the security, a span) is left out.
    """
    for place, row in enumerate(rows):
        if wide := _wide(rows[place : place + 3], given):
            return Head(wide[0], place + 3, wide[1])
        if is_head(row, given):
            return Head(tuple(row), place + 1)
    first = next((row for row in rows if any(row)), ())
    if not first:
        raise BadInput(f"{source}: empty, expected a line of column names")
    if _are_klines(first):
        return Head(_KLINES, list(rows).index(first))
    if any(map(_is_number, first)):
        raise BadInput(
            f"{source}: the first line is {','.join(first)[:60]!r}, values without a line of names: "
            "say them with --header, such as --header date,open,high,low,close,volume"
        )
    return Head(tuple(first), list(rows).index(first) + 1)


def split_names(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Names and tickers of a frame whose columns were pairs, as pandas writes them to Parquet.

    `('Close', 'AAPL')` is such a name. None where the columns are no pairs.
    """
    pairs = [_pair(name) for name in names]
    if not any(pairs):
        return None
    first = [pair[0] if pair else name for pair, name in zip(pairs, names, strict=True)]
    second = [pair[1] if pair else "" for pair in pairs]
    return _fields_and_tickers(first, second, {})


def _wide(
    rows: Sequence[Sequence[str]], given: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Three lines: fields, tickers (or the other way about), and the index's name alone."""
    if len(rows) < 3 or not rows[2] or not rows[2][0] or any(rows[2][1:]):
        return None
    if len({len(row) for row in rows}) > 1 or len(rows[0]) < 2:
        return None
    return _fields_and_tickers([rows[2][0], *rows[0][1:]], ["", *rows[1][1:]], given)


def _fields_and_tickers(
    first: Sequence[str], second: Sequence[str], given: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The level whose every name is a field, with the time in its first place, and the other one."""
    for names, tickers in ((first, second), ([first[0], *second[1:]], ["", *first[1:]])):
        known = [field_of(name, given=given, place=place) for place, name in enumerate(names)]
        if all(known) and all(tickers[1:]):
            return tuple(names), tuple(tickers)
    return None


def _are_klines(row: Sequence[str]) -> bool:
    """Twelve values, with the instants of a bar's open and close in their places."""
    if len(row) != len(_KLINES) or not all(map(_is_number, row)):
        return False
    opens, closes = row[0], row[_KLINES.index("close_time")]
    return bool(_UNIX.fullmatch(opens) and _UNIX.fullmatch(closes)) and int(opens) < int(closes)


def _pair(name: str) -> tuple[str, str] | None:
    if not (name.startswith("('") and name.endswith("')")):
        return None
    first, mark, second = name[2:-2].partition("', '")
    return (first, second) if mark else None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
