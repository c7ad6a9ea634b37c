"""The check of a function over whole worlds: actions, vintages and members of an index included."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from market.arrays import Floats
from market.errors import DataNotFit
from market.leaks.literals import literal_warnings
from market.leaks.outputs import TOLERANCE, Output, differences, read_output, scales
from market.leaks.report import Finding, LeakReport
from market.leaks.world import World, base_world
from market.leaks.world_events import EVENTS, WorldEvent

WorldFunction = Callable[[World], object]
"""Takes a world; gives a frame with a row for each of its sessions, known at the session's close."""

_INSTRUMENTS = 6


def check_world(
    function: WorldFunction,
    *,
    events: Mapping[str, WorldEvent] = EVENTS,
    sessions: int = 120,
    cuts: int = 4,
    seed: int = 7,
) -> LeakReport:
    """Look for rows that change with what happens, or how many sessions there are, after them.

    Events are splits, amended and called off ones, delistings, restatements, changes of the index, other prices, and a shorter
    and a longer market, each after ``cuts`` rows, and on every second instrument in turn.

    The function sees a whole world with what became known later, stamped so, and must itself use
    only what was known at each session's close (``World.until``). Worlds that are equal up to a row
    must give equal rows up to it; a column that is missing has no values. ``bars_ahead`` counts
    from the leaking row to the session in which the event became known.

    Raises DataNotFit if the function fails or its output has not one row a session.
    """
    world = base_world(seed=seed, sessions=sessions, instruments=_INSTRUMENTS)
    base = _evaluate(function, world)
    findings: dict[str, Finding] = {}
    probes = 1
    _add(findings, base, _evaluate(function, world), event="not deterministic", row=sessions - 1)
    for row in _rows(sessions, cuts):
        for name, event in events.items():
            probes += 1
            _add(
                findings, base, _known(function, event(world, row), base, row), event=name, row=row
            )
    return LeakReport(tuple(findings.values()), probes, tuple(literal_warnings(function)))


def _rows(sessions: int, cuts: int) -> list[int]:
    """Rows from a third on, even and odd ones in turn: events befall other instruments after each."""
    rows = np.linspace(sessions // 3, sessions - 10, cuts).astype(int)
    return [int(row - row % 2 + at % 2) for at, row in enumerate(rows)]


def _known(function: WorldFunction, world: World, base: Output, row: int) -> Output:
    """The output on another world; no values where the function fails on one that is shorter."""
    try:
        return _evaluate(function, world)
    except DataNotFit:
        # Too few sessions may be a reason to fail; other events are none.
        if len(world.sessions) > row + 1:
            raise
        return Output(base.names, np.full((row + 1, len(base.names)), np.nan))


def _evaluate(function: WorldFunction, world: World) -> Output:
    try:
        result = function(world)
    except Exception as exc:  # a user's function may raise anything
        message = f"the function failed on a world: {type(exc).__name__}: {exc}"
        raise DataNotFit(message) from exc
    rows = pd.DataFrame({"session": world.sessions})
    return read_output(result, rows, name=getattr(function, "__name__", "output"))


def _add(
    findings: dict[str, Finding], base: Output, other: Output, *, event: str, row: int
) -> None:
    """Note each column's earliest leaking row, farthest look-ahead, and the events that show it."""
    for name, changes in _changes(base, other, row):
        rows = np.flatnonzero(changes > TOLERANCE)
        if not len(rows):
            continue
        first, ahead = int(rows[0]), row + 1 - int(rows[0])
        before = findings.get(name, Finding(name, event, first, ahead, 0.0))
        known = before.probe.split(", ")
        findings[name] = Finding(
            name,
            before.probe if event in known else f"{before.probe}, {event}",
            min(first, before.first_row or 0),
            max(ahead, before.bars_ahead or 0),
            max(float(changes.max()), before.difference),
        )


def _changes(base: Output, other: Output, row: int) -> Iterator[tuple[str, Floats]]:
    names = tuple(dict.fromkeys((*base.names, *other.names)))
    ours, theirs = base.ordered(names), other.ordered(names)
    changes = differences(ours[: row + 1], theirs[: row + 1], scales(ours)[: row + 1])
    return zip(names, changes.T, strict=True)
