"""Types of request fields that accept one spelling of a value and nothing near it."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from cluster.requests.spelling import Spelled
from market.instruments import DATASET, SYMBOL, SYMBOL_IN_WORDS, in_capitals

# A symbol, or with its dataset before it, as in `mine:AAPL`, where several datasets use it.
SYMBOL_PATTERN: Final = rf"^({DATASET}:)?{SYMBOL}$"
MAX_SYMBOLS: Final = 100

_DIGITS = re.compile(r"[0-9]{1,9}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(_DAY.pattern + r"T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2})")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199

# Blanks around it are none of it, and small letters are capitals.
Symbol = Annotated[
    str,
    Spelled(SYMBOL_PATTERN, f"a symbol: {SYMBOL_IN_WORDS}; or DATASET:SYMBOL"),
    BeforeValidator(lambda value: in_capitals(value) if isinstance(value, str) else value),
]


def _digits(value: Any) -> Any:
    """Digits only: `+5`, `1_0` and `1.0` are numbers to Python, not to us."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise PydanticCustomError("digits", "expected a whole number of 1 to 9 digits")
    return value


# Behind a type's bounds, which then are the number's own, also in the document:
# `Annotated[int, Field(ge=1, le=200), DIGITS]`.
DIGITS: Final = BeforeValidator(_digits)
Digits = Annotated[int, Field(ge=0, le=999_999_999), DIGITS]


def _spelled(pattern: re.Pattern[str], hint: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        # A number would be taken for seconds since 1970.
        if isinstance(value, int | float) or (
            isinstance(value, str) and not pattern.fullmatch(value)
        ):
            raise PydanticCustomError("time_format", f"expected {hint}")
        return value

    return check


def _within(value: date) -> date:
    """Calendars and stores know a few centuries; beyond them arithmetic overflows."""
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise PydanticCustomError("time_range", "expected a year from 1900 to 2199")
    return value


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value.astimezone(UTC)


Day = Annotated[
    date, BeforeValidator(_spelled(_DAY, "a date as 2026-01-31")), AfterValidator(_within)
]

# A bare date means the first instant of that day in UTC.
Instant = Annotated[
    datetime,
    BeforeValidator(
        _spelled(
            re.compile(f"{_DAY.pattern}|{_INSTANT.pattern}"),
            "2026-01-31 or 2026-01-31T14:30:00Z (RFC 3339 with a zone)",
        )
    ),
    AfterValidator(_within),
    AfterValidator(_utc),
]


def check_span(start: datetime | None, end: datetime | None) -> None:
    """Raise where a span that has both its ends would hold no instant; called by a model's validator."""
    if start is not None and end is not None and start >= end:
        raise PydanticCustomError("span", "start must be before end")


def listed(value: Any) -> Any:
    """The parts of `A,B,C`, each once; anything but text is left to the next check.

    A parameter of such parts may also be given several times: many clients write lists so.
    """
    return list(dict.fromkeys(value.split(","))) if isinstance(value, str) else value


# `A,B,C`; a symbol named twice counts once.
Symbols = Annotated[list[Symbol], Field(min_length=1, max_length=MAX_SYMBOLS)]
SymbolList = Annotated[Symbols, BeforeValidator(listed)]
