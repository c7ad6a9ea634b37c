"""Purged splits never train on what a test label touches, and equal skfolio where it does the same."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skfolio.model_selection import CombinatorialPurgedCV, WalkForward

from market.errors import BadParameter, DataNotFit
from market.splits import (
    combinatorial_paths,
    combinatorial_purged,
    consecutive_folds,
    equal_folds,
    purged_kfold,
    walk_forward,
)
from tests.examples import examples

FIRST = np.datetime64("2000-01-01")


@st.composite
def panels(draw):
    """Rows of several instruments in any order, with label spans of any length, some open.

    Every date of the span has a settled row, and no label reaches over more than a fifth of it: so
    each split has rows on both sides, and no case goes unchecked.
    """
    folds = draw(st.integers(3, 6))
    length = draw(st.integers(20 * folds, 40 * folds))
    longest = length // (5 * folds)
    extra = draw(st.integers(0, 60))
    seed = draw(st.integers(0, 2**31))
    draws = np.random.default_rng(seed)
    days = np.concatenate([np.arange(length), draws.integers(0, length, extra)])
    settled = days + draws.integers(0, longest + 1, len(days))
    session, settled = FIRST + days, FIRST + settled
    settled[length:][draws.random(extra) < 0.3] = np.datetime64("NaT")
    order = draws.permutation(len(days))
    return session[order], settled[order], folds, draw(st.integers(0, longest))


def series(count, horizon):
    """One series of daily rows whose labels span `horizon` sessions; the last are not settled."""
    session = FIRST + np.arange(count + horizon)
    settled = session + horizon
    settled[count:] = np.datetime64("NaT")
    return session, settled


def touching(session, settled, split):
    """Pairs of a training and a test row whose spans share a date."""
    train, test = split.train[:, None], split.test[None, :]
    return (session[train] <= settled[test]) & (settled[train] >= session[test])


@examples(60)
@given(panels(), st.data())
def test_no_test_label_touches_a_training_sample(panel, data):
    session, settled, folds, embargo = panel
    tested = data.draw(st.integers(1, folds - 1 if embargo == 0 else 1))
    splits = [
        *purged_kfold(session, settled, folds=folds, embargo=embargo),
        *combinatorial_purged(session, settled, folds=folds, tested=tested, embargo=embargo),
    ]
    assert len(splits) == folds + comb(folds, tested)
    for split in splits:
        assert not touching(session, settled, split).any()
        assert not np.isnat(settled[split.train]).any()
        assert not set(split.train) & set(split.test)
        assert len(split.train)
        assert len(split.test)


@given(panels())
def test_every_settled_row_is_tested_exactly_once(panel):
    session, settled, folds, embargo = panel
    splits = purged_kfold(session, settled, folds=folds, embargo=embargo)
    tested = np.concatenate([split.test for split in splits])
    assert sorted(tested) == np.flatnonzero(~np.isnat(settled)).tolist()


@given(panels())
def test_what_is_left_out_of_training_touches_the_test_or_is_under_embargo(panel):
    """The other way round: nothing is thrown away for no reason."""
    session, settled, folds, embargo = panel
    known = np.flatnonzero(~np.isnat(settled))
    days = np.unique(np.concatenate([session[known], settled[known]]))
    for split in purged_kfold(session, settled, folds=folds, embargo=embargo):
        first, last = session[split.test].min(), settled[split.test].max()
        barred = np.searchsorted(days, last) + embargo
        for row in np.setdiff1d(known, np.concatenate([split.train, split.test])):
            overlaps = session[row] <= last and settled[row] >= first
            assert overlaps or last < session[row] <= days[min(barred, len(days) - 1)]


def test_nothing_is_purged_beyond_what_touches():
    """On one series, all that is left out of training touches the test."""
    session, settled = series(100, 5)
    for split in purged_kfold(session, settled, folds=5):
        left_out = np.setdiff1d(np.arange(100), [*split.train, *split.test])
        for row in left_out:
            spans = (session[row] <= settled[split.test]) & (settled[row] >= session[split.test])
            assert spans.any()


def test_the_embargo_follows_the_last_label_of_the_test():
    session, settled = series(100, 5)
    plain = purged_kfold(session, settled, folds=5)[1]
    embargoed = purged_kfold(session, settled, folds=5, embargo=7)[1]
    dropped = np.setdiff1d(plain.train, embargoed.train)
    # Tested to row 39, settled at 44: sessions 45 to 51 are under embargo.
    assert dropped.tolist() == list(range(45, 52))


@pytest.mark.parametrize(
    ("count", "folds", "tested", "horizon", "embargo"),
    [(100, 6, 2, 3, 0), (103, 6, 2, 5, 4), (250, 10, 2, 10, 5), (97, 5, 3, 1, 2), (80, 4, 2, 0, 0)],
)
def test_it_equals_skfolio_on_one_series_of_equal_spans(count, folds, tested, horizon, embargo):
    session, settled = series(count, horizon)
    ours = combinatorial_purged(session, settled, folds=folds, tested=tested, embargo=embargo)
    peer = CombinatorialPurgedCV(
        n_folds=folds, n_test_folds=tested, purged_size=horizon, embargo_size=embargo
    )
    theirs = list(peer.split(np.zeros((count, 1))))
    assert len(ours) == len(theirs) == comb(folds, tested)
    for split, (train, tests) in zip(ours, theirs, strict=True):
        assert split.train.tolist() == train.tolist()
        assert [rows.tolist() for rows in split.tests] == [rows.tolist() for rows in tests]
    paths = combinatorial_paths(folds=folds, tested=tested)
    assert len(paths) == peer.n_test_paths == comb(folds - 1, tested - 1)
    assert same_paths(paths, peer)


def same_paths(paths, peer):
    """skfolio numbers, for each split, the path of each of its test folds."""
    ids = peer.get_path_ids()
    pairs = {
        (split, fold): path
        for split, folds in enumerate(peer.test_set_index)
        for fold, path in zip(folds, ids[split], strict=True)
    }
    return all(
        pairs[(split, fold)] == path
        for path, row in enumerate(paths)
        for fold, split in enumerate(row)
    )


def test_every_path_tests_every_fold_and_every_split_is_used_once_a_fold():
    paths = combinatorial_paths(folds=6, tested=2)
    assert paths.shape == (5, 6)
    for fold in range(6):
        assert len(set(paths[:, fold])) == 5
    assert sorted(paths.ravel()) == sorted(2 * list(range(15)))


@pytest.mark.parametrize(("train", "test", "purged"), [(50, 10, 0), (60, 21, 5), (30, 7, 3)])
def test_walk_forward_equals_skfolio_with_a_rolling_window(train, test, purged):
    session, settled = series(200, purged)
    folds = consecutive_folds(session[:200], first=train + purged, length=test)
    # skfolio leaves `purged` sessions between train and test: labels that end before the test.
    ours = walk_forward(session, settled, folds, window=train)
    peer = WalkForward(train_size=train, test_size=test, purged_size=purged)
    theirs = list(peer.split(np.zeros((200, 1))))
    assert len(ours) == len(theirs)
    for split, (rows, tested) in zip(ours, theirs, strict=True):
        assert split.train.tolist() == rows.tolist()
        assert split.test.tolist() == tested.tolist()


def test_folds_are_equal_and_the_last_takes_the_rest():
    folds = equal_folds(FIRST + np.arange(23), 5)
    lengths = [(fold.end - fold.start).days + 1 for fold in folds]
    assert lengths == [4, 4, 4, 4, 7]


def test_instruments_of_one_date_stay_together():
    """Twenty instruments on each date: folds are cut between dates, never inside one."""
    session = np.repeat(FIRST + np.arange(60), 20)
    for split in purged_kfold(session, session + 2, folds=4):
        assert not np.intersect1d(session[split.test], session[split.train]).size
        assert len(split.test) == 300


def test_bad_input_is_named():
    session, settled = series(40, 5)
    with pytest.raises(BadParameter, match="folds=1"):
        purged_kfold(session, settled, folds=1)
    with pytest.raises(BadParameter, match="embargo=-1"):
        purged_kfold(session, settled, folds=4, embargo=-1)
    with pytest.raises(BadParameter, match="tested=4: expected 1 to 3"):
        combinatorial_purged(session, settled, folds=4, tested=4)
    for split in (
        lambda: purged_kfold(session, session - 1, folds=4),
        lambda: walk_forward(session, session - 1, equal_folds(session, 2)[1:]),
    ):
        with pytest.raises(DataNotFit, match="on its session or after"):
            split()
    with pytest.raises(DataNotFit, match=r"sessions \(45,\) and settling dates \(44,\)"):
        walk_forward(session, settled[1:], equal_folds(session, 2)[1:])
    with pytest.raises(BadParameter, match="tested=15: 155117520 splits, expected at most 20000"):
        combinatorial_purged(session, settled, folds=30, tested=15)
    with pytest.raises(BadParameter, match="folds=1: expected 2 or more"):
        combinatorial_paths(folds=1, tested=1)
    with pytest.raises(DataNotFit, match="cannot be cut into 50 folds"):
        purged_kfold(session, settled, folds=50)
    with pytest.raises(DataNotFit, match="no rows to train on"):
        purged_kfold(session, settled, folds=2, embargo=40)
    with pytest.raises(BadParameter, match="window=0"):
        walk_forward(session, settled, equal_folds(session, 2)[1:], window=0)
    with pytest.raises(BadParameter, match="first=0"):
        consecutive_folds(session, first=0, length=5)
