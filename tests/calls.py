"""Which files of ours call which others while something runs, in this thread."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from inspect import CO_NEWLOCALS
from pathlib import Path
from types import CodeType, FrameType

ROOT = Path(__file__).parents[1]
Calls = set[tuple[str, str]]
"""Pairs of files: who calls whom."""


@cache
def place(code: CodeType) -> str | None:
    """The file of a function of ours; None for others', and for the body of a module or a class."""
    path = Path(code.co_filename)
    if not (code.co_flags & CO_NEWLOCALS and path.is_relative_to(ROOT)):
        return None
    name = str(path.relative_to(ROOT))
    return None if name.startswith((".venv/", "tests/")) else name


@contextmanager
def noted() -> Iterator[Calls]:
    """The calls of the block, through others' code (click, Arrow) too; empty until it ends."""
    found: Calls = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event != "call" or (callee := place(frame.f_code)) is None:
            return
        before = frame.f_back
        while before is not None and (caller := place(before.f_code)) is None:
            before = before.f_back
        if before is not None and caller != callee:
            found.add((str(caller), callee))

    was = sys.getprofile()
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(was)


def leading_back(calls: Calls, way: Iterable[str]) -> dict[str, set[str]]:
    """Files beside a way that call some of it: what is called for an answer alone calls none.

    That they call back whoever asked them (how a number is written) leads nowhere.
    """
    inside = set(way)
    back: dict[str, set[str]] = {}
    for caller, callee in calls:
        if (
            callee in inside
            and caller not in inside
            and callee not in askers(calls, caller, inside)
        ):
            back.setdefault(caller, set()).add(callee)
    return back


def askers(calls: Calls, asked: str, inside: set[str]) -> set[str]:
    """The files of a way that call this one, at once or through others beside the way."""
    found: set[str] = set()
    left, seen = {asked}, {asked}
    while left:
        now = left.pop()
        callers = {caller for caller, callee in calls if callee == now} - seen
        found |= callers & inside
        seen |= callers
        left |= callers - inside
    return found
