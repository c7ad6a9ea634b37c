"""Walk-forward splits never let an outcome into training before its test."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import DataNotFit
from market.splits import SIX_FOLDS, Fold, walk_forward

FIRST = np.datetime64("2000-01-01")


@st.composite
def cases(draw):
    """A panel and a fold with rows on both sides: one settled before the fold and one inside."""
    start = draw(st.integers(2, 250))
    length = draw(st.integers(0, 50))
    days = [start - 2, start, *draw(st.lists(st.integers(0, 300), max_size=120))]
    spans = [
        1,
        3,
        *draw(st.lists(st.integers(0, 60), min_size=len(days) - 2, max_size=len(days) - 2)),
    ]
    draws = np.random.default_rng(draw(st.integers(0, 2**31)))
    session = FIRST + np.array(days)
    settled = session + np.array(spans)
    settled[2:][draws.random(len(days) - 2) < 0.3] = np.datetime64("NaT")
    order = draws.permutation(len(days))
    fold = Fold((FIRST + start).item(), (FIRST + start + length).item())
    return session[order], settled[order], fold


@given(cases())
def test_no_test_label_shares_a_day_with_training(case):
    session, settled, fold = case
    (split,) = walk_forward(session, settled, [fold])
    assert settled[split.train].max() < session[split.test].min()
    assert not set(split.train) & set(split.test)
    assert not np.isnat(settled[split.train]).any()
    assert not np.isnat(settled[split.test]).any()
    inside = (session >= np.datetime64(fold.start)) & (session <= np.datetime64(fold.end))
    assert len(split.test) == (inside & ~np.isnat(settled)).sum()
    assert len(split.train) == (settled < np.datetime64(fold.start)).sum()  # nothing is thrown away


def test_the_six_folds_cover_2005_to_2022_without_gap_or_overlap():
    days = [(fold.start, fold.end) for fold in SIX_FOLDS]
    assert days[0][0] == date(2005, 1, 1)
    assert days[-1][1] == date(2022, 12, 31)
    for (_, end), (start, _) in pairwise(days):
        assert (start - end).days == 1
    assert [str(fold) for fold in SIX_FOLDS][:2] == ["2005-2007", "2008-2010"]


def test_a_fold_without_rows_is_named():
    session = FIRST + np.arange(10)
    with pytest.raises(DataNotFit, match="fold 2030-2030: 10 rows to train on, 0 to test"):
        walk_forward(session, session, [Fold(date(2030, 1, 1), date(2030, 12, 31))])
