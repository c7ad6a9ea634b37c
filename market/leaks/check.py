"""The check of one function over the bars of one instrument."""

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from market.arrays import Mask
from market.errors import BadParameter, DataNotFit
from market.leaks.cuts import FIRST, cuts, restless
from market.leaks.evidence import Evidence, Probe, ProbeKind, narrow
from market.leaks.literals import literal_warnings
from market.leaks.outputs import Function
from market.leaks.profits import Profits
from market.leaks.report import LeakReport
from market.leaks.samples import checked_bars
from market.leaks.subject import Afresh, Seen, Subject

_REPLACED_AT, _DOSED_AT = 8, 3  # late rows after which the future is replaced, and dosed
_AFRESH = 8  # cuts that are made with no memory of other calls
_STEPS = {"cut": 64, "futures": 16, "doses": 16}  # to find a first row between those probed


def check(
    function: Function,
    bars: pd.DataFrame,
    *,
    seed: int = 7,
    profits: Collection[str] = (),
    features: Collection[str] = (),
    most_cuts: int = 400,
    afresh: Afresh | None = None,
) -> LeakReport:
    """Look for values at a row that depend on later rows, and for fills that nobody gets.

    ``bars`` have one row a bar, in time order: session, open, high, low, close, volume (float64);
    row t is known at its close. ``function`` gives a Series, frame or array aligned with them. It
    is given a copy each time. Probes: the same bars again; nothing after a row (every row up to
    ``most_cuts`` of them, else the first 50, ends of months and the like, and random ones); another
    future after a row (level, length, gaps), also at doses up to 1e9. Missing values count.

    Columns in ``profits`` say what a strategy made, in returns or what they add up to: they must
    book no return on a position of its own close, and earn nothing on martingale markets at no
    cost. Others are held to it if their name or behaviour says that they are profits, but for those
    in ``features``. See docs/leaks.md.

    What a function keeps between its calls only ``afresh`` can take away; what it reads from
    elsewhere no probe can.

    Raises DataNotFit if the bars do not fit, the function fails on them, or its output is not
    aligned.
    """
    bars = checked_bars(bars)
    if most_cuts < FIRST:
        raise BadParameter(
            f"most_cuts={most_cuts}: expected {FIRST} or more", parameter="most_cuts"
        )
    subject = Subject(function, bars, seed=seed)
    _known(subject, profits=profits, features=features)
    empty = _empty(subject)
    warnings = literal_warnings(function)
    warnings += [
        f"column {subject.names[at]} has no value on {len(bars)} bars: nothing was checked"
        for at in np.flatnonzero(empty).tolist()
    ]
    evidence = Evidence(len(subject.names), len(bars))
    for kind, said, seen in _probes(subject, np.random.default_rng(seed), most_cuts):
        evidence.add(kind, said, seen)
    warnings += _afresh(subject, evidence, afresh)
    for narrowed, probe in _by_kind(subject).items():
        narrow(evidence, narrowed, probe, most=_STEPS[narrowed])
    findings = [evidence.finding(at, subject.names[at]) for at in evidence.leaking]
    # What reads later rows needs no second proof.
    earners = Profits(subject, profits, {*features, *(finding.column for finding in findings)})
    earners.check()
    warnings += [*earners.warnings, *_faint(subject, evidence), *_refused(subject)]
    every = (*findings, *earners.findings)
    # Values of which there are none are not probed.
    probes = 0 if empty.all() and not every else evidence.probes + earners.probes
    return LeakReport(every, probes, tuple(warnings))


def _known(subject: Subject, **chosen: Collection[str]) -> None:
    for parameter, names in chosen.items():
        unknown = sorted(set(names) - set(subject.names))
        if unknown:
            known = ", ".join(subject.names[:8])
            message = f"no column {unknown[0]!r} in the output: expected one of {known}"
            raise BadParameter(message, parameter=parameter)


def _by_kind(subject: Subject) -> dict[ProbeKind, Probe]:
    def cut(row: int) -> Iterator[tuple[str, Seen]]:
        yield "bars cut", subject.cut(row)

    return {"cut": cut, "futures": subject.futures, "doses": subject.doses}


def _probes(
    subject: Subject, rng: np.random.Generator, most: int
) -> Iterator[tuple[ProbeKind, str, Seen]]:
    """Each comparison made: its kind, what it is called, and what it showed."""
    yield "again", "not deterministic", subject.again()
    moved = restless(subject.base.rows, subject.scale)
    # Values that move most are cut at too: there a look ahead shows beyond rounding.
    rows = cuts(subject.bars, rng, most=most, restless=moved)
    for row, reason in rows.items():
        yield "cut", f"bars cut after row {row}, {reason}", subject.cut(row)
    # The first rows are warm-up to most functions: another future shows nothing there.
    late, ends = [row for row in rows if row >= FIRST], {0, len(subject.bars) - 2}
    replaced = {*ends, *rng.permutation(late)[:_REPLACED_AT].tolist()}
    dosed = {*ends, *late[-_DOSED_AT:]}
    sides: dict[ProbeKind, tuple[set[int], Probe]] = {
        "futures": (replaced, subject.futures),
        "doses": (dosed, subject.doses),
    }
    for kind, (places, probe) in sides.items():
        for row in sorted(places):
            yield from ((kind, f"{name} after row {row}", seen) for name, seen in probe(row))


def _afresh(subject: Subject, evidence: Evidence, afresh: Afresh | None) -> Iterator[str]:
    """Cut the bars for a function without a memory; a warning if that can't be done."""
    if afresh is None:
        return
    rows = np.linspace(FIRST // 2, len(subject.bars) - 2, _AFRESH).astype(int).tolist()
    try:
        known = subject.afresh(afresh, rows)
    except DataNotFit as exc:
        yield f"what the function keeps between calls was not checked: {exc}"
        return
    for row, seen in zip(rows, known, strict=True):
        evidence.add("afresh", f"bars cut after row {row}, in a fresh process", seen)


def _empty(subject: Subject) -> Mask:
    """Which columns have no value at all, (k,)."""
    bare: Mask = np.all(np.isnan(subject.base.rows), axis=0)
    return bare


def _faint(subject: Subject, evidence: Evidence) -> Iterator[str]:
    leaking = set(evidence.leaking)
    for at in np.flatnonzero(evidence.faint & ~evidence.random).tolist():
        if at not in leaking:
            yield (
                f"column {subject.names[at]} differs in its last digits when later rows are cut "
                "off: rounding, or a dose too small to tell from it"
            )


def _refused(subject: Subject) -> Iterator[str]:
    for future in sorted(subject.refused):
        yield f"the function failed on bars with a {future}: those probes were left out"
