"""The point-in-time join: beside each row the newest fact that was known when the row was."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from market.errors import DataNotFit

_ROW, _CLOCK = "__row", "__clock"


def point_in_time(
    rows: pd.DataFrame,
    facts: pd.DataFrame,
    *,
    by: str | Sequence[str],
    at: str,
    about: str,
    known_at: str = "available_at",
) -> pd.DataFrame:
    """`rows` with the columns of `facts`, in the order and with the index of `rows`.

    For a row of time `at` that is the fact with the latest `about` (the session or period that it
    speaks of) among those of the same `by` with `known_at <= at`; of several vintages of it the one
    known last. A late correction of an old fact therefore never hides a newer fact. NaN (NaT, None)
    where nothing was known. `at` and `known_at` are both aware (any zone) or both naive.

    Raises DataNotFit for a missing column, a missing time, or a column that both frames have.
    """
    keys = [by] if isinstance(by, str) else list(by)
    _check(rows, facts, keys=keys, at=at, about=about, known_at=known_at)
    if not len(facts) or not len(rows):  # of nothing pandas knows no types, and so no times
        nothing = facts.drop(columns=keys).reindex(range(len(rows))).set_axis(rows.index)
        return pd.concat([rows, nothing], axis=1)
    newest = _newest_so_far(facts, keys, about=about, known_at=known_at)
    # merge_asof needs both sides by time: the rows carry their places through it.
    left = rows.copy()
    left[_ROW], left[_CLOCK] = np.arange(len(rows)), _instants(rows[at])
    joined = pd.merge_asof(left.sort_values(_CLOCK, kind="stable"), newest, on=_CLOCK, by=keys)
    joined = joined.sort_values(_ROW, kind="stable").drop(columns=[_ROW, _CLOCK])
    joined.index = rows.index
    return joined


def _newest_so_far(
    facts: pd.DataFrame, keys: list[str], *, about: str, known_at: str
) -> pd.DataFrame:
    """The facts that were the newest of their key when they became known, by time of knowing."""
    ordered = facts.assign(**{_CLOCK: _instants(facts[known_at])})
    # Of facts known at one instant the latest stands last, which is the one that merge_asof takes.
    ordered = ordered.sort_values([_CLOCK, about], kind="stable")
    rank = ordered[about].rank(method="dense")
    best = rank.groupby([ordered[key] for key in keys], sort=False).cummax()
    # Equal ones too: a later vintage of the newest fact takes its place.
    return ordered[rank >= best]


def _instants(times: pd.Series) -> pd.Series:
    """The times in one zone and one unit, so that two frames can be merged on them."""
    if times.dt.tz is None:
        return times.astype("datetime64[us]")
    utc: pd.Series = times.dt.tz_convert("UTC").astype("datetime64[us, UTC]")
    return utc


def _check(
    rows: pd.DataFrame,
    facts: pd.DataFrame,
    *,
    keys: list[str],
    at: str,
    about: str,
    known_at: str,
) -> None:
    for name, frame, columns in (
        ("rows", rows, (*keys, at)),
        ("facts", facts, (*keys, about, known_at)),
    ):
        missing = [column for column in columns if column not in frame.columns]
        if missing:
            raise DataNotFit(f"{name} lack the column {missing[0]!r}")
        if frame[list(columns)].isna().any(axis=None):
            raise DataNotFit(f"{name} have a missing key or time: leave those out first")
    twice = sorted((set(rows.columns) & set(facts.columns)) - set(keys))
    if twice:
        raise DataNotFit(f"both frames have the column {twice[0]!r}: rename it in one")
    if not len(facts) or not len(rows):
        return
    aware = rows[at].dt.tz is not None
    if aware != (facts[known_at].dt.tz is not None):
        raise DataNotFit(f"{at!r} and {known_at!r}: one has a time zone and the other has none")
