"""The errors of the market library. The edges translate them: the library knows no HTTP and no CLI."""

from collections.abc import Iterable
from difflib import get_close_matches


class MarketError(ValueError):
    """The root: a value that the library cannot work with. ``str(error)`` is one line with a remedy."""


class BadParameter(MarketError):
    """A parameter outside its range. ``parameter`` is its name, for edges that report a location."""

    def __init__(self, message: str, *, parameter: str = "") -> None:
        super().__init__(message)
        self.parameter = parameter


class UnknownIndicator(MarketError):
    """No indicator of that name. ``near`` holds the close names, best first; it may be empty."""

    def __init__(self, name: str, *, known: Iterable[str]) -> None:
        names = sorted(known)
        self.name = name
        self.near = near_names(name, names)
        hint = f"; did you mean {self.near[0]!r}?" if self.near else ""
        super().__init__(f"unknown indicator {name!r}: expected one of {', '.join(names)}{hint}")


class DataNotFit(MarketError):
    """The data cannot answer what was asked (closed dates, mixed instruments, missing fields)."""


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """Up to three of ``known`` that resemble ``name``, whatever its case, best first."""
    by_lower = {name.lower(): name for name in known}
    return [by_lower[hit] for hit in get_close_matches(name.lower(), by_lower, n=3, cutoff=0.5)]
