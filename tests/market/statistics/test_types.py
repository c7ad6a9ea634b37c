"""Every public statistic takes what people have, alike, and refuses the rest with a reason."""

import inspect

import numpy as np
import pandas as pd
import pytest

from market import statistics
from market.errors import DataNotFit
from tests.market.statistics.series import BENCHMARK, RETURNS, SESSIONS, YEAR

DATES = pd.DatetimeIndex(SESSIONS)
GIVEN = {
    "returns": RETURNS,
    "profits": RETURNS,
    "benchmark": BENCHMARK,
    "weights": np.column_stack([np.abs(np.sin(RETURNS)), 1 - np.abs(np.sin(RETURNS))]),
    "asset_returns": np.column_stack([RETURNS, BENCHMARK]),
}
KINDS = {
    "list": lambda x: x.tolist(),
    "tuple": lambda x: tuple(x.tolist()),
    "objects": lambda x: x.astype(object),
    "pandas": lambda x: pd.Series(x) if x.ndim == 1 else pd.DataFrame(x),
    "dated": lambda x: pd.DataFrame(x, index=DATES)[0] if x.ndim == 1 else pd.DataFrame(x, DATES),
}
SESSION_KINDS = {
    "days": SESSIONS,
    "nanoseconds": DATES.to_numpy(),
    "index": DATES,
    "series": pd.Series(DATES),
    "stamps": list(DATES),
    "dates": [day.date() for day in DATES],
    "texts": [str(day.date()) for day in DATES],
}
FUNCTIONS = [
    name
    for name in statistics.__all__
    if inspect.isfunction(getattr(statistics, name)) and name != "rolling"
]
every = pytest.mark.parametrize("name", FUNCTIONS)


def called(name, *, session=SESSIONS, **changes):
    """The statistic of ``GIVEN``, some of it changed."""
    given = {**GIVEN, "session": session, "sessions_per_year": YEAR, **changes}
    function, positional, named = getattr(statistics, name), [], {}
    for one in inspect.signature(function).parameters.values():
        if one.name in given and one.kind is one.KEYWORD_ONLY:
            named[one.name] = given[one.name]
        elif one.name in given:
            positional.append(given[one.name])
    return function(*positional, **named)


def parameters(name):
    return inspect.signature(getattr(statistics, name)).parameters


@every
def test_a_statistic_is_the_same_of_every_kind_of_series(name):
    expected = str(called(name))
    for make in KINDS.values():
        assert str(called(name, **{key: make(value) for key, value in GIVEN.items()})) == expected
    if "session" in parameters(name):
        for session in SESSION_KINDS.values():
            assert str(called(name, session=session)) == expected


@every
def test_what_is_no_return_is_refused_by_its_place(name):
    first = next(iter(parameters(name)))
    rows, columns = GIVEN[first].shape[0], GIVEN[first].shape[1:]
    text = GIVEN[first].astype(object)
    text[3] = "n/a"
    place = 3 * (columns[0] if columns else 1)
    with pytest.raises(DataNotFit, match=f"expected numbers, but {place} is 'n/a'"):
        called(name, **{first: text})
    endless = GIVEN[first].copy()
    endless[3] = np.inf
    with pytest.raises(DataNotFit, match=r"return 3 is infinite|expected finite values"):
        called(name, **{first: endless})
    if {"benchmark", "session", "asset_returns"} & set(parameters(name)):
        with pytest.raises(DataNotFit):
            called(name, **{first: GIVEN[first][: rows - 1]})


@pytest.mark.parametrize("name", [one for one in FUNCTIONS if "returns" in parameters(one)])
def test_a_frame_is_told_to_be_one_column(name):
    with pytest.raises(DataNotFit, match=r"got \(750, 1\); of a frame give one column"):
        called(name, returns=pd.DataFrame(RETURNS), benchmark=BENCHMARK)


@every
def test_what_has_names_is_paired_by_them_whatever_its_order(name):
    """Frames and Series with dates and columns, each argument in an order of its own."""
    given = parameters(name)
    if not {"benchmark", "asset_returns"} & set(given):
        return
    named = {
        key: pd.Series(value, DATES) if value.ndim == 1 else pd.DataFrame(value, DATES, ["a", "b"])
        for key, value in GIVEN.items()
    }
    turned = {**named, "benchmark": named["benchmark"][::-1]}
    turned["asset_returns"] = named["asset_returns"].iloc[::-1][["b", "a"]]
    assert str(called(name, **turned)) == str(called(name))
    if "asset_returns" in given:
        for other, where in (
            (named["asset_returns"].set_axis(["a", "c"], axis=1), "column b, c"),
            (named["asset_returns"].iloc[1:], "row 2019-01-01"),
        ):
            with pytest.raises(DataNotFit, match=f"weights and returns differ in the {where}"):
                called(name, **{**named, "asset_returns": other})


@every
def test_numbers_of_numpy_are_numbers(name):
    assert str(called(name, sessions_per_year=np.int64(YEAR))) == str(called(name))
