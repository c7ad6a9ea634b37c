"""Dates and tickers written into a function: knowledge of the past that no probe can take away."""

import ast
import re
from collections.abc import Callable, Iterator

from market.leaks.sources import trees

_YEAR, _MONTH, _DAY = r"(19|20)\d\d", r"(0[1-9]|1[0-2])", r"(0[1-9]|[12]\d|3[01])"
_DATES = (
    re.compile(rf"{_YEAR}(-?Q[1-4]|[-/.]?{_MONTH}([-/.]?{_DAY}([T ].*)?)?)?"),
    re.compile(rf"\d\d?[-/.]\d\d?[-/.]{_YEAR}"),
)
_TICKER = re.compile(r"\^?[A-Z]{2,5}([.-][A-Z]{1,2})?|[A-Z]{3}\d{3}|[A-Z]{2,6}[-/]USD[TC]?")
_LETTER = re.compile(r"[A-Z]")
# Upper case, and no ticker: frequencies of pandas, time zones, currencies, words of the trade.
_NO_TICKERS = frozenset(
    {
        *("BME", "BMS", "BQE", "BQS", "BYE", "BYS", "CBME", "ME", "MS", "QE", "QS", "YE", "YS"),
        *("UTC", "GMT", "EST", "USD", "EUR", "GBP", "JPY", "NAN", "NA", "OHLC", "OHLCV"),
        *("SMA", "EMA", "RSI", "MACD", "ATR", "ADX", "OBV", "VWAP", "DATE"),
        *("OPEN", "HIGH", "LOW", "CLOSE", "PRICE", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"),
    }
)
_DATE_CALLS = frozenset({"date", "datetime", "Timestamp", "datetime64"})
_YEARS = range(1950, 2101)


def literal_warnings(function: Callable[..., object]) -> list[str]:
    """A line for each date or ticker in the function's source, sorted; none without source.

    Its helpers and the constants of its module that it names belong to it.
    """
    lines = {
        f"{kind} {text} is written in the function's source: it may know what came after it"
        for tree in trees(function)
        for kind, text in _found(tree)
    }
    return sorted(lines)


def _found(tree: ast.AST) -> Iterator[tuple[str, str]]:
    prose = set(_docstrings(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node not in prose:
            yield from _constants(node.value)
        elif isinstance(node, ast.Call) and _called(node.func) in _DATE_CALLS:
            yield from _dates(node)
        elif isinstance(node, ast.Compare | ast.Call):
            yield from _compared(node)


def _constants(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, int):
        if value > max(_YEARS) and _DATES[0].fullmatch(str(value)) and len(str(value)) == 8:
            yield "date", str(value)
    elif isinstance(value, str):
        text = value.strip()
        if any(pattern.fullmatch(text) for pattern in _DATES):
            yield "date", repr(text)
        elif _TICKER.fullmatch(text) and text not in _NO_TICKERS:
            yield "ticker", repr(text)


def _dates(call: ast.Call) -> Iterator[tuple[str, str]]:
    years = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "year")]
    if any(isinstance(value, ast.Constant) and _is_year(value.value) for value in years):
        yield "date", ast.unparse(call)


def _compared(node: ast.Compare | ast.Call) -> Iterator[tuple[str, str]]:
    """Years that a year is compared with, and single letters that anything is."""
    if isinstance(node, ast.Call):
        if _called(node.func) not in {"isin", "eq", "between"}:
            return
        left, others = node.func, node.args
    else:
        left, others = node.left, node.comparators
    asked = ast.unparse(left).endswith(("year", "year.isin", "year.eq", "year.between"))
    for part in ast.walk(ast.List([left, *others])):
        if isinstance(part, ast.Constant):
            if asked and _is_year(part.value):
                yield "year", str(part.value)
            elif isinstance(part.value, str) and _LETTER.fullmatch(part.value):
                yield "ticker", repr(part.value)


def _called(function: ast.expr) -> str:
    return ast.unparse(function).rpartition(".")[2]


def _is_year(value: object) -> bool:
    return isinstance(value, int) and value in _YEARS


def _docstrings(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
