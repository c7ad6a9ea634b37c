"""Every public function of splits takes dates and numbers of any kind, and refuses the rest by name."""

import inspect
from datetime import date

import numpy as np
import pandas as pd
import pytest

from market import splits
from market.errors import BadParameter, DataNotFit

DAYS = pd.bdate_range("2020-01-01", periods=120)
KINDS = {
    "days": DAYS.to_numpy().astype("datetime64[D]"),
    "index": DAYS,
    "aware": DAYS.tz_localize("America/New_York"),
    "series": pd.Series(DAYS),
    "stamps": list(DAYS),
    "dates": [day.date() for day in DAYS],
    "texts": [str(day.date()) for day in DAYS],
}
FOLDS = [splits.Fold(date(2020, 4, 1), date(2020, 5, 1))]
CALLS = {
    "equal_folds": splits.equal_folds,
    "consecutive_folds": lambda days, n: splits.consecutive_folds(days, first=10 * n, length=n),
    "purged_kfold": lambda days, n: splits.purged_kfold(days, days, folds=n, embargo=n),
    "combinatorial_purged": lambda days, n: splits.combinatorial_purged(
        days, days, folds=2 * n, tested=n - 2, embargo=n
    ),
    "combinatorial_paths": lambda _, n: splits.combinatorial_paths(folds=2 * n, tested=n),
    "walk_forward": lambda days, n: splits.walk_forward(days, days, FOLDS, window=n),
}
every = pytest.mark.parametrize("name", CALLS)


def test_no_public_function_is_left_out():
    public = {n for n in splits.__all__ if inspect.isfunction(getattr(splits, n))}
    assert public == set(CALLS)


@every
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_same_of_every_kind_of_dates_and_numbers(name, kind):
    assert str(CALLS[name](KINDS[kind], np.int64(3))) == str(CALLS[name](KINDS["days"], 3))


@every
@pytest.mark.parametrize("number", [0, 2.5, True])
def test_what_is_no_number_of_folds_or_sessions_is_refused_by_name(name, number):
    with pytest.raises(BadParameter, match=r"expected \d or more, a whole number"):
        CALLS[name](DAYS, number)


@every
def test_what_is_no_date_is_refused(name):
    if name != "combinatorial_paths":
        with pytest.raises(DataNotFit, match="session: expected dates"):
            CALLS[name](np.arange(120), 3)
