"""Dates and tickers written into a function: knowledge of the past that no probe can take away."""

import ast
import inspect
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterator

_DATE = re.compile(r"(19|20)\d\d[-/.]?(0[1-9]|1[0-2])([-/.]?(0[1-9]|[12]\d|3[01]))?")
_TICKER = re.compile(r"\^?[A-Z]{2,5}(\.[A-Z]{1,2})?|[A-Z]{3}\d{3}")
# Upper case, and no ticker: frequencies of pandas, time zones, currencies, words of the trade.
_NO_TICKERS = frozenset(
    {
        *("BME", "BMS", "BQE", "BQS", "BYE", "BYS", "CBME", "ME", "MS", "QE", "QS", "YE", "YS"),
        *("UTC", "GMT", "EST", "USD", "EUR", "GBP", "JPY", "NAN", "NA", "OHLC", "OHLCV"),
        *("SMA", "EMA", "RSI", "MACD", "ATR", "ADX", "OBV"),
    }
)
_DATE_CALLS = frozenset({"date", "datetime", "Timestamp", "datetime64"})
_YEARS = range(1950, 2101)


def literal_warnings(function: Callable[..., object]) -> list[str]:
    """A line for each date or ticker in the function's source, in its order; none without source."""
    try:
        source = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(source)
    except (OSError, TypeError, SyntaxError, tokenize.TokenError):
        return []
    prose = set(_docstrings(tree))
    found = {
        f"{kind} {text} is written in the function's source: it may know what came after it"
        for node in ast.walk(tree)
        if node not in prose
        for kind, text in _literals(node)
    }
    return sorted(found)


def _literals(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value.strip()
        if _DATE.match(text):
            yield "date", repr(text)
        elif _TICKER.fullmatch(text) and text not in _NO_TICKERS:
            yield "ticker", repr(text)
    elif isinstance(node, ast.Call) and _called(node.func) in _DATE_CALLS and node.args:
        first = node.args[0]
        if isinstance(first, ast.Constant) and _is_year(first.value):
            yield "date", ast.unparse(node)
    elif isinstance(node, ast.Compare):
        for side in (node.left, *node.comparators):
            if (
                isinstance(side, ast.Constant)
                and _is_year(side.value)
                and "year" in ast.unparse(node)
            ):
                yield "year", str(side.value)


def _called(function: ast.expr) -> str:
    return ast.unparse(function).rpartition(".")[2]


def _is_year(value: object) -> bool:
    return isinstance(value, int) and value in _YEARS


def _docstrings(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
