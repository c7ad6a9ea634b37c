"""A small universe with ties, gaps, a late value and a member that leaves."""

import numpy as np

from market.features import (
    DROP,
    BasePanel,
    Column,
    FeatureSet,
    UniverseColumn,
    UniverseSet,
)

BASE = FeatureSet("base", 1, 4, (Column("a", "return", (3,), ""), Column("b", "return", (1,), "")))
COLUMNS = (
    UniverseColumn("rank", "rank", "a", ""),
    UniverseColumn("zscore", "zscore", "a", "", (0,)),
    UniverseColumn("drawn", "zscore", "a", "", (100,)),
    UniverseColumn("relative", "relative", "a", ""),
    UniverseColumn("sector", "group_relative", "b", ""),
    UniverseColumn("breadth", "breadth", "b", ""),
)
ACROSS = UniverseSet("across", 1, BASE, COLUMNS, delay_s=900)
ONE = UniverseSet("one", 1, BASE, COLUMNS[:1], delay_s=900)
CLOSE = np.datetime64("2024-01-02T21:00", "us")


def with_missing(missing=DROP):
    return UniverseSet("across", 1, BASE, COLUMNS, delay_s=900, missing=missing)


def closes(sessions):
    return CLOSE + np.arange(sessions) * np.timedelta64(1, "D")


def panel(values, *, late=None, names=None):
    """Values (t, n) of both base columns, all known at the close; `late` (t, n) in seconds."""
    values = np.asarray(values, dtype=float)
    names = [f"test:{k:02}" for k in range(values.shape[1])] if names is None else map(str, names)
    known = np.repeat(closes(len(values))[:, np.newaxis], values.shape[1], axis=1)
    if late is not None:
        known = known + np.asarray(late).astype("timedelta64[s]")
    return BasePanel(
        tuple(names),
        closes(len(values)).astype("datetime64[D]"),
        np.stack([values, values], axis=2),
        known,
    )


def compute(features, values, *, member=None, late=None, group=None, names=None):
    given = panel(values, late=late, names=names)
    shape = given.available_at.shape
    return features.compute(
        given,
        member=np.ones(shape, dtype=bool) if member is None else member,
        session_close=closes(shape[0]),
        group=np.array(["x", "y"] * shape[1])[: shape[1]] if group is None else group,
    )
