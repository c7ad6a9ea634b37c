"""Which part of the record a read sees: a span of time, what was known by then, and one snapshot.

Keyword arguments of every read of the lake, named here once: `def bars(..., **span: Unpack[Span])`.
"""

from datetime import date, datetime
from typing import TypedDict


class Cut(TypedDict, total=False):
    """`as_of` (aware) leaves what was known then; `snapshot` is the id of the versions that are read.

    Without the first the vintage recorded last stands, without the second the newest versions do.
    """

    as_of: datetime | None
    snapshot: str | None


class Span(Cut, total=False):
    """Times from `start` (included) to `end` (not), both aware; all there is where one is left out."""

    start: datetime | None
    end: datetime | None


class Sessions(Cut, total=False):
    """Sessions from `start` to `end`, both included; all there is where one is left out."""

    start: date | None
    end: date | None
