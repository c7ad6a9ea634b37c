"""Where a check cuts the bars: at every row, or at those where calendars and values turn."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from market.arrays import Floats

FIRST = 50
_ANY = "a random row"


def cuts(
    bars: pd.DataFrame, rng: np.random.Generator, *, most: int, restless: NDArray[np.int64]
) -> dict[int, str]:
    """The last row known, by row, with the reason for cutting there.

    Every row if there are ``most`` or fewer of them. Else the first 50 and the last; ends of years,
    quarters, months and weeks, rows inside sessions, weeks and months, and ``restless`` ones (most
    restless first), a part of each; and random rows until there are ``most``.
    """
    last = len(bars) - 2
    whole = last < most
    chosen = dict.fromkeys(range(min(FIRST, last + 1)), "one of the first rows")
    chosen.setdefault(last, "the last but one")
    groups = list(_groups(bars["session"], rng, last))
    share = len(bars) if whole else max((most - FIRST) // (len(groups) + 2), 1)
    for name, rows in [*groups, ("a row of large change", restless[restless <= last])]:
        for row in rows[:share].tolist():
            # A row keeps its first reason: the rarer kinds come first.
            chosen.setdefault(row, name)
    for row in rng.permutation(last + 1).tolist():
        if len(chosen) >= max(most, FIRST) and not whole:
            break
        chosen.setdefault(row, _ANY)
    return dict(sorted(chosen.items()))


def _groups(
    session: "pd.Series[pd.Timestamp]", rng: np.random.Generator, last: int
) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Rows up to ``last`` by what they are, in random order; the rarer first."""
    date, after = session.dt, session.shift(-1).dt
    masks = {
        "year end": date.year != after.year,
        "quarter end": date.quarter != after.quarter,
        "month end": date.month != after.month,
        "week end": date.day_of_week > after.day_of_week,
        "mid-session": (session == session.shift(-1)) & (session == session.shift(1)),
        "mid-month": date.day.between(14, 16),
        "mid-week": date.day_of_week == 2,
    }
    for name, mask in masks.items():
        yield name, rng.permutation(np.flatnonzero(mask.to_numpy()[: last + 1]))


def restless(values: Floats, scale: Floats) -> NDArray[np.int64]:
    """Row numbers, the one on which any column moved most in units of its scale first."""
    with np.errstate(invalid="ignore", divide="ignore"):
        moves = np.abs(np.diff(values, axis=0, prepend=np.nan)) / scale
    return np.argsort(-np.nan_to_num(moves, nan=0.0, posinf=0.0).max(axis=1), kind="stable")
