"""The errors of the market library. The edges translate them: the library knows no HTTP and no CLI."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

_WORDS = re.compile(r"[^\W_]+")


class MarketError(ValueError):
    """The root: a value that the library cannot work with. ``str(error)`` is one line with a remedy."""


class BadParameter(MarketError):
    """A parameter outside its range. ``parameter`` is its name, for edges that report a location."""

    def __init__(self, message: str, *, parameter: str = "") -> None:
        super().__init__(message)
        self.parameter = parameter


class UnknownIndicator(MarketError):
    """No indicator of that name. ``near`` holds what may be meant, best first; it may be empty.

    By default those are the near names of ``known``.
    """

    def __init__(
        self, name: str, *, known: Iterable[str], near: Iterable[str] | None = None
    ) -> None:
        names = sorted(known)
        self.name = name
        self.near = near_names(name, names) if near is None else list(near)
        hint = offered(map(repr, self.near[:1]))
        super().__init__(f"unknown indicator {name!r}: expected one of {', '.join(names)}{hint}")


class DataNotFit(MarketError):
    """The data cannot answer what was asked (closed dates, mixed instruments, missing fields)."""


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """Up to three of ``known`` that resemble ``name``, whatever its case, best first.

    Those of which it gives the beginnings (``max_sharpe`` of ``maximum-sharpe``), the shortest first;
    then those that are spelt much the same.
    """
    by_lower = {name.lower(): name for name in known}
    given = name.lower()
    # At 0.6 and below, names of four letters with two in common (NOPE, PFE) would be near.
    begun = sorted((candidate for candidate in by_lower if _begins(given, candidate)), key=len)
    hits = dict.fromkeys((*begun, *get_close_matches(given, by_lower, n=3, cutoff=0.65)))
    return [by_lower[hit] for hit in hits][:3]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A clause that offers the nearest of ``known``, empty where none is near."""
    return offered(map(repr, near_names(name, known)[:1]))


def offered(near: Iterable[str]) -> str:
    """``; did you mean AAPL, AAP?``, the end of a message; empty where there are none."""
    names = ", ".join(near)
    return f"; did you mean {names}?" if names else ""


def _begins(given: str, known: str) -> bool:
    """Whether the words of a name, two letters or more, each begin those of a known one, in order."""
    words, full = _WORDS.findall(given), _WORDS.findall(known)
    return (
        len(given) > 1
        and 0 < len(words) <= len(full)
        and all(whole.startswith(word) for word, whole in zip(words, full, strict=False))
    )
