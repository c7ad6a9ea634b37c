"""The check of one function over the bars of one instrument."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from market.arrays import Floats
from market.errors import BadParameter, DataNotFit
from market.leaks.distance import bars_ahead, first_leak
from market.leaks.futures import DOSES, FIRST, FUTURES, cuts
from market.leaks.literals import literal_warnings
from market.leaks.outputs import TOLERANCE, Function
from market.leaks.profits import named_profits, profit_findings
from market.leaks.report import Finding, LeakReport
from market.leaks.samples import checked_bars
from market.leaks.subject import Subject

_REPLACED_AT, _DOSED_AT = 8, 3  # rows after which the future is replaced, and dosed
_GROWTH = 10.0  # a rounding error does not grow when the future is multiplied by 1e9


@dataclass
class _Leak:
    """What the probes have shown of one column so far."""

    probe: str
    rows: set[int] = field(default_factory=set)
    difference: float = 0.0


def check(
    function: Function,
    bars: pd.DataFrame,
    *,
    seed: int = 7,
    profits: Collection[str] = (),
) -> LeakReport:
    """Look for values at a row that depend on later rows.

    ``bars`` have one row a bar, in time order: session, open, high, low, close, volume (float64);
    row t is known at its close. ``function`` gives a Series, frame or array aligned with them. It
    runs about 150 times, each time on a copy. Probes: the same bars again; nothing after a row
    (each of the first 50, then rows inside sessions, weeks, months, and random ones); another
    future after a row (level, length, gaps), also at doses up to 1e9. Missing values count.

    Columns in ``profits``, or with equity, pnl or profit in their name, say what a strategy made
    (equity, or returns per bar): they must also earn nothing on martingale markets at no cost.

    What a function keeps between its calls, or reads from elsewhere, no probe can take away.

    Raises DataNotFit if the bars do not fit, the function fails on them, or its output is not
    aligned.
    """
    bars = checked_bars(bars)
    subject = Subject(function, bars, seed=seed)
    unknown = sorted(set(profits) - set(subject.names))
    if unknown:
        raise BadParameter(f"no column {unknown[0]!r} in the output", parameter="profits")
    leaks: dict[int, _Leak] = {}
    probes = 0
    for name, changes in _probes(subject, np.random.default_rng(seed)):
        probes += 1
        _record(leaks, name, changes)
    findings = [_finding(subject, at, leaks[at]) for at in sorted(leaks)]
    earners = set(profits) | named_profits(subject.names, getattr(function, "__name__", ""))
    # What reads later rows needs no second proof.
    earners -= {one.column for one in findings}
    findings += profit_findings(function, sorted(earners), seed=seed)
    warnings = (*literal_warnings(function), *_warnings(subject))
    return LeakReport(tuple(findings), probes + len(earners), warnings)


def _probes(subject: Subject, rng: np.random.Generator) -> Iterator[tuple[str, Floats]]:
    """Each comparison made, with the changes (rows, k) that it showed."""
    try:
        yield "not deterministic", subject.again()
    except DataNotFit:
        yield "not deterministic", np.full(subject.scale.shape, np.inf)
    rows = cuts(subject.bars, rng)
    for row, reason in rows.items():
        yield f"bars cut after row {row}, {reason}", subject.cut(row)
    # The first rows are warm-up to most functions: another future shows nothing there.
    late = [row for row in rows if row >= FIRST]
    for row in map(int, rng.permutation(late)[:_REPLACED_AT]):
        for future in FUTURES:
            changes = subject.replace(row, future)
            if changes is not None:
                yield f"{future.name} after row {row}", changes
    for row in map(int, late[-_DOSED_AT:]):
        yield from _doses(subject, row)


def _doses(subject: Subject, row: int) -> Iterator[tuple[str, Floats]]:
    """A change too small to count, if it grows with the future's level, is given as a large one."""
    known = [(one, subject.replace(row, one)) for one in DOSES]
    least = known[0][1]
    for future, changes in known:
        if changes is None:
            continue
        grown = changes > _GROWTH * (changes if least is None else least)
        counted = np.where(grown, np.maximum(changes, 2 * TOLERANCE), changes)
        yield f"{future.name} after row {row}", counted


def _record(leaks: dict[int, _Leak], probe: str, changes: Floats) -> None:
    for at in np.flatnonzero((changes > TOLERANCE).any(axis=0)):
        leak = leaks.setdefault(int(at), _Leak(probe))
        leak.rows.add(int((changes[:, at] > TOLERANCE).argmax()))
        leak.difference = max(leak.difference, float(changes[:, at].max()))


def _finding(subject: Subject, column: int, leak: _Leak) -> Finding:
    name, seen = subject.names[column], min(leak.rows)
    if leak.probe == "not deterministic":
        # Where the function rolls dice, no bar settles a value.
        return Finding(name, leak.probe, seen, None, leak.difference)
    first = first_leak(subject, column, seen)
    ordered = sorted(leak.rows | {first})
    some = {ordered[0], ordered[len(ordered) // 2], ordered[-1]}
    ahead = max(bars_ahead(subject, column, some), 1)
    return Finding(name, leak.probe, first, ahead, leak.difference)


def _warnings(subject: Subject) -> Iterator[str]:
    for at, name in enumerate(subject.names):
        if np.isnan(subject.base.rows[:, at]).all():
            yield f"column {name} has no value on {len(subject.bars)} bars: nothing was checked"
    for future in sorted(subject.refused):
        yield f"the function failed on bars with a {future}: those probes were left out"
