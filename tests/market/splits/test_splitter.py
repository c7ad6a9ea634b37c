"""Splits go into scikit-learn as its own splitters do, whatever kind their dates are."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, check_cv, cross_val_score

from market.errors import DataNotFit
from market.splits import (
    Splitter,
    combinatorial_purged,
    consecutive_folds,
    purged_kfold,
    walk_forward,
)

SESSION = pd.bdate_range("2020-01-01", periods=200)
SETTLED = pd.Series(SESSION).shift(-5)  # the last five are not settled
DAYS = SESSION.to_numpy().astype("datetime64[D]")
DUE = SETTLED.to_numpy().astype("datetime64[D]")
FOLDS = consecutive_folds(DAYS, first=80, length=40)
X = np.random.default_rng(1).normal(size=(200, 3))
Y = X @ [1.0, 0.5, -1.0]

CASES = {
    "purged": (
        Splitter.purged(SESSION, SETTLED, folds=4, embargo=2),
        purged_kfold(DAYS, DUE, folds=4, embargo=2),
    ),
    "combinatorial": (
        Splitter.combinatorial(SESSION, SETTLED, folds=5, tested=2, embargo=1),
        combinatorial_purged(DAYS, DUE, folds=5, tested=2, embargo=1),
    ),
    "walk forward": (
        Splitter.walk_forward(SESSION, SETTLED, FOLDS, window=60),
        walk_forward(DAYS, DUE, FOLDS, window=60),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_scikit_learn_trains_and_tests_on_the_same_rows(name):
    splitter, expected = CASES[name]
    assert check_cv(splitter) is splitter
    assert splitter.get_n_splits(X) == splitter.get_n_splits() == len(expected)
    for _ in range(2):  # an iterator that is used up would give nothing the second time
        for (train, test), split in zip(splitter.split(X, Y), expected, strict=True):
            assert np.array_equal(train, split.train)
            assert np.array_equal(test, split.test)
    scores = cross_val_score(Ridge(), X, Y, cv=splitter)
    assert scores.shape == (len(expected),)
    search = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=splitter).fit(pd.DataFrame(X), Y)
    assert search.n_splits_ == len(expected)


@pytest.mark.parametrize("of", [pd.DataFrame(X[:150]), X[:150], X[:150].tolist()])
def test_another_panel_is_refused(of):
    with pytest.raises(DataNotFit, match="X has 150 rows and the splits are of 200"):
        CASES["purged"][0].split(of)


@pytest.mark.parametrize("zone", [None, "America/New_York"])
def test_dates_of_any_kind_give_the_same_splits(zone):
    session, settled = SESSION.tz_localize(zone), SETTLED.dt.tz_localize(zone)
    lists = [at.date() for at in SESSION], [None if pd.isna(at) else at.date() for at in SETTLED]
    for first, last in ((session, settled), (pd.Series(session), settled.tolist()), lists):
        found = purged_kfold(first, last, folds=4, embargo=2)
        for one, other in zip(found, CASES["purged"][1], strict=True):
            assert np.array_equal(one.train, other.train)
            assert np.array_equal(one.test, other.test)
    with pytest.raises(DataNotFit, match="session: expected dates"):
        purged_kfold(np.arange(200), settled, folds=4)
