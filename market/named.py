"""What pandas names goes in by its labels and comes out with them; all else goes by position.

pandas itself is imported for those alone who give what it made.
"""

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any

from market.arrays import Floats
from market.errors import BadParameter, DataNotFit

if TYPE_CHECKING:
    import pandas as pd

Labels = Any
"""An index of pandas; None of what has no labels."""


def rows_of(values: Any) -> Labels:
    """The labels of the rows of a Series or a frame."""
    return values.index if hasattr(values, "iloc") else None


def columns_of(values: Any) -> Labels:
    """The labels of the columns of a frame. DataNotFit where two are the same."""
    columns = getattr(values, "columns", None) if hasattr(values, "iloc") else None
    if columns is not None and not columns.is_unique:
        twice = columns[columns.duplicated()][0]
        raise DataNotFit(f"two columns are called {twice!r}: give each a name of its own")
    return columns


def first_of(*labels: Labels) -> Labels:
    """The first labels that there are."""
    return next((each for each in labels if each is not None), None)


def paired(*tables: Any, of: str = "returns and benchmark") -> tuple[Any, ...]:
    """Tables of the rows that all of them have, where pandas made them all; else as they are.

    DataNotFit for a date that comes twice, and where there is no row that all have.
    """
    if len(tables) < 2 or any(rows_of(table) is None for table in tables):
        return tables
    indexes = [table.index for table in tables]
    if not all(index.is_unique for index in indexes):
        raise DataNotFit("a date comes twice in the index: expected one row a session")
    if all(index.equals(indexes[0]) for index in indexes):
        return tables
    common = reduce(lambda left, right: left.intersection(right, sort=False), indexes)
    # Empty sides would pair up as well, and every figure be NaN without a word.
    if not len(common) and all(map(len, indexes)):
        raise DataNotFit(f"{of} have no date in common: check their indexes")
    return tuple(table.loc[common] for table in tables)


def matched(*tables: Any, of: str) -> tuple[Any, ...]:
    """Frames with the rows and columns of the first in its order, where pandas made them all.

    DataNotFit where one has other rows or columns: what one period or asset lacks is no 0.
    """
    if len(tables) < 2 or any(columns_of(table) is None for table in tables):
        return tables
    first = tables[0]
    for other in tables[1:]:
        for kind, own, given in (
            ("column", first.columns, other.columns),
            ("row", first.index, other.index),
        ):
            if odd := _differing(own, given):
                raise DataNotFit(f"{of} differ in the {kind} {odd}: expected the same of each")
    return tuple(table.loc[first.index, first.columns] for table in tables)


def by_rows(table: Any, names: Labels, *, of: str) -> Any:
    """A frame with its rows in the order of the names; one that only counts its rows as it is.

    DataNotFit where its rows have others.
    """
    if list(table.index) == list(range(len(table))):
        return table
    if odd := _differing(names, table.index):
        raise DataNotFit(f"rows and columns of the {of} differ in {odd}: expected the same names")
    return table.loc[names]


def in_order(given: Any, names: Labels, *, parameter: str, beside: str = "returns") -> Any:
    """A Series or a dict in the order of the names; what has no names, or meets none, as it is.

    BadParameter where it has others than these.
    """
    if names is None or not (isinstance(given, Mapping) or rows_of(given) is not None):
        return given
    if odd := _differing(names, given.keys()):
        raise BadParameter(
            f"{parameter} and {beside} differ in {odd}: expected one value for each column",
            parameter=parameter,
        )
    return [given[name] for name in names]


def series(values: Floats, labels: Labels, *, name: Any = None) -> "Floats | pd.Series[float]":
    """Values (n,) by label, or as they are without any."""
    if labels is None:
        return values
    import pandas as pd

    return pd.Series(values, index=labels, name=name)


def frame(values: Floats, rows: Labels, columns: Labels) -> "Floats | pd.DataFrame":
    """Values (n, k) with a column for each label, or as they are without any."""
    if columns is None:
        return values
    import pandas as pd

    return pd.DataFrame(values, index=rows, columns=columns)


def _differing(own: Labels, given: Labels) -> str:
    """Some labels that only one has, or that one has twice; empty where both have the same."""
    odd = set(own).symmetric_difference(given)
    if odd:
        return ", ".join(sorted(map(str, odd))[:3])
    return "a name twice" if len(own) != len(given) else ""
