"""What a portfolio returned: time-weighted, and weighted by the money that was in it."""

import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import numpy as np
import pyxirr
from numpy.typing import ArrayLike

from market.arrays import Floats
from market.errors import DataNotFit
from market.moments import growth


def period_returns(equity: ArrayLike, transfers: ArrayLike) -> Floats:
    """Returns (n-1,) between valuations: (equity[t] - transfers[t]) / equity[t-1] - 1.

    `equity` (n,) is after the transfers of its date, which arrive at its close and so earn nothing
    on it; `transfers[0]` is part of the start and not read. Raises `DataNotFit` where equity is not
    above 0 before a return.
    """
    value, moved = (np.asarray(one, dtype=np.float64) for one in (equity, transfers))
    if value.ndim != 1 or value.shape != moved.shape:
        raise DataNotFit(f"equity {value.shape} and transfers {moved.shape}: expected (n,) each")
    if not (np.isfinite(value).all() and np.isfinite(moved).all() and (value[:-1] > 0.0).all()):
        raise DataNotFit("returns need finite values, and equity above 0 before each")
    return (value[1:] - moved[1:]) / value[:-1] - 1.0


def time_weighted_return(equity: ArrayLike, transfers: ArrayLike) -> float:
    """The product of the `period_returns`, less 1: what the manager did, whatever came and went."""
    return growth(period_returns(equity, transfers)) - 1.0


def money_weighted_return(
    days: Sequence[date], transfers: Sequence[float], *, final_equity: float
) -> float:
    """The annual internal rate of return of money put in (above 0) and taken out; 365-day years.

    `final_equity` is worth taking out on the last of the days, after its transfer. NaN where no
    rate solves it; where money went both ways several may, and this is one of them. Raises
    `DataNotFit` unless days and finite transfers pair up in rising order.
    """
    if len(days) != len(transfers) or any(a >= b for a, b in pairwise(days)):
        raise DataNotFit("expected one transfer a day, in rising order")
    if not all(map(math.isfinite, (*transfers, final_equity))):
        raise DataNotFit("transfers and the final equity must be finite")
    flows = [-float(one) for one in transfers]
    if flows:
        flows[-1] += float(final_equity)
    rate = pyxirr.xirr(list(days), flows, silent=True)
    return math.nan if rate is None else float(rate)
