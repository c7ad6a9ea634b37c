"""Dates as people write them, brought to one form (ISO 8601) by what the whole column says."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final

from cluster.errors import BadInput

_CLOCK = (
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d+)?))?"
    r"(?:\s?(?P<half>[AaPp][Mm]))?)?\s?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_WEEKDAY = r"(?:[A-Za-z]{3,9},?\s+)?"
_NAME = r"(?P<name>[A-Za-z]{3,9})\.?"
_EPOCH: Final = re.compile(r"\d{10}|\d{13}|\d{16}|\d{19}")
_YEAR_FIRST: Final = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-/.]?)(?P<month>\d{2})(?P=mark)(?P<day>\d{2})" + _CLOCK
)
_NAMED: Final = (
    re.compile(_WEEKDAY + _NAME + r"\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})" + _CLOCK),
    re.compile(
        _WEEKDAY + r"(?P<day>\d{1,2})[-\s.]+" + _NAME + r"[-\s,]+(?P<year>\d{4}|\d{2})" + _CLOCK
    ),
)
_NUMBERED: Final = re.compile(
    r"(?P<one>\d{1,2})(?P<mark>[-/.])(?P<two>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})" + _CLOCK
)
_MONTHS: Final = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
]
_WORDS: Final = {"YYYY": "%Y", "YY": "%y", "MMM": "%b", "MM": "%m", "DD": "%d"}
_PARTS: Final = (("%Y", "%y"), ("%m", "%b", "%B"), ("%d",))


def to_iso(texts: Sequence[str], *, form: str | None, source: str, name: str = "time") -> list[str]:
    """Each text as `YYYY-MM-DD`, followed by `THH:MM:SS` and an offset where it has them.

    `form` is how dates are written, in the words DD, MM, MMM, YY and YYYY or as strptime has it.
    Without it whether day or month comes first is what one of the dates shows, as no month is a
    thirteenth. Raises BadInput that shows the row and what was read.
    """
    bare = [text.strip() for text in texts]
    if form is not None:
        pattern = pattern_of(form)
        return [
            _by(pattern, text, form, _at(source, row, name)) for row, text in enumerate(bare, 1)
        ]
    order = _order(bare, source, name)
    found = []
    for row, text in enumerate(bare, 1):
        parts = _read(text, order)
        if parts is None:
            raise BadInput(
                f"{_at(source, row, name)} {text[:40]!r}: expected a date such as 2024-01-31 or a "
                "stamp such as 2024-01-31T14:30:00Z; how dates are written is said with "
                "--date-format, such as DD.MM.YYYY"
            )
        found.append(_joined(*parts, _at(source, row, name)))
    return found


def pattern_of(form: str) -> str:
    """The strptime pattern of a form. Raises BadInput for one that lacks day, month or year."""
    words = "|".join(_WORDS)
    pattern = form if "%" in form else re.sub(words, lambda word: _WORDS[word[0]], form)
    if not all(any(part in pattern for part in parts) for parts in _PARTS):
        raise BadInput(
            f"--date-format {form[:40]!r}: expected day, month and year, such as DD.MM.YYYY or "
            "%d.%m.%Y"
        )
    return pattern


def clock_of(text: str) -> str:
    """The hour of a column of its own: `093000` and `0930` with colons, others as they are."""
    bare = text.strip()
    if re.fullmatch(r"\d{4}|\d{6}", bare):
        return ":".join(bare[place : place + 2] for place in range(0, len(bare), 2))
    return bare


def _order(texts: Sequence[str], source: str, name: str) -> tuple[str, str] | None:
    """Which of two numbers is the day and which the month; None where no date is written so."""
    dates = [
        (row, text, int(found["one"]), int(found["two"]))
        for row, text in enumerate(texts, 1)
        if not _YEAR_FIRST.fullmatch(text) and (found := _NUMBERED.fullmatch(text))
    ]
    if not dates:
        return None
    day_first = any(one > 12 for _, _, one, _ in dates)
    month_first = any(two > 12 for _, _, _, two in dates)
    if day_first == month_first:
        row, text, one, two = dates[0]
        mark = next(sign for sign in text if not sign.isdigit())
        why = "others have day and month the other way about" if day_first else "nothing decides"
        raise BadInput(
            f"{_at(source, row, name)} {text[:40]!r} is the {one}. day of month {two} or the {two}. "
            f"of month {one}, {why}: say --date-format DD{mark}MM{mark}YYYY or MM{mark}DD{mark}YYYY; "
            "nothing was written"
        )
    return ("one", "two") if day_first else ("two", "one")


def _read(text: str, order: tuple[str, str] | None) -> tuple[re.Match[str], str, int, str] | None:
    """The match with its year, month and day; None for a text that is no date in a known form."""
    if _EPOCH.fullmatch(text):
        text = _of_epoch(text)
    if found := _YEAR_FIRST.fullmatch(text):
        return found, found["year"], int(found["month"]), found["day"]
    for named in _NAMED:
        found = named.fullmatch(text)
        if found and (name := found["name"][:3].lower()) in _MONTHS:
            return found, found["year"], _MONTHS.index(name) + 1, found["day"]
    if order and (found := _NUMBERED.fullmatch(text)):
        day, month = order
        return found, found["year"], int(found[month]), found[day]
    return None


def _of_epoch(text: str) -> str:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970 as a stamp in UTC."""
    micros = int(text.ljust(19, "0")) // 1000
    return f"{datetime.fromtimestamp(micros // 10**6, UTC):%Y-%m-%dT%H:%M:%S}.{micros % 10**6:06}Z"


def _joined(found: re.Match[str], year: str, month: int, day: str, at: str) -> str:
    whole = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 69 else 1900)
    try:
        written = date(whole, month, int(day)).isoformat()
    except ValueError as exc:
        raise BadInput(f"{at} {found[0][:40]!r}: a date that does not exist") from exc
    if found["hour"] is None:
        return written
    hour = int(found["hour"])
    if half := found["half"]:
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    zone = {"UTC": "Z", "GMT": "Z"}.get(found["zone"] or "", found["zone"] or "")
    return f"{written}T{hour:02}:{found['minute']}:{found['second'] or '00'}{zone}"


def _by(pattern: str, text: str, form: str, at: str) -> str:
    try:
        moment = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is said elsewhere
    except ValueError as exc:
        raise BadInput(
            f"{at} {text[:40]!r} is not written as --date-format {form} says; nothing was written"
        ) from exc
    return moment.isoformat() if "%H" in pattern or "%I" in pattern else f"{moment:%Y-%m-%d}"


def _at(source: str, row: int, name: str) -> str:
    return f"{source}: row {row}: {name}"
