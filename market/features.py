"""Feature sets: what a model reads of an instrument, declared once for training and serving.

All features need closes only, are causal (row t reads closes up to t), are finite windows, and are
homogeneous of degree 0 in price: the same for a series and for a multiple of it, so that a series
adjusted by a constant factor gives the same numbers (up to rounding).
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from market import windows
from market.arrays import Floats
from market.errors import BadParameter, DataNotFit
from market.operations import OPERATIONS


@dataclass(frozen=True)
class Column:
    """One feature: an operation of ``OPERATIONS`` and its integer arguments (sessions)."""

    name: str
    operation: str
    arguments: tuple[int, ...]
    description: str


@dataclass(frozen=True)
class FeatureSet:
    """Named columns over closes. ``lookback`` is how many closes one complete row needs."""

    name: str
    version: int
    lookback: int
    columns: tuple[Column, ...]

    @cached_property
    def definition_hash(self) -> str:
        """sha256 of the whole declaration; a model refuses features of another definition."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def compute(self, close: Floats, *, first: int = 0) -> Floats:
        """Features of rows ``first`` to the end, shape (n - first, k); NaN until warm.

        A missing close (NaN) makes every row whose window holds it NaN.
        """
        close = _checked(close)
        if not 0 <= first <= len(close):
            raise BadParameter(f"first={first}: expected 0 to {len(close)}", parameter="first")
        changes = windows.log_returns(close, 1, 0)
        out = np.empty((len(close) - first, len(self.columns)))
        for at, column in enumerate(self.columns):
            out[:, at] = OPERATIONS[column.operation](close, changes, first, *column.arguments)
        return out

    def latest(self, close: Floats) -> Floats:
        """Features of the last close, shape (k,): the same bits as the last row of ``compute``."""
        tail = _checked(close)[-self.lookback :]
        if len(tail) == 0:
            raise DataNotFit("no close to compute features from")
        row: Floats = self.compute(tail, first=len(tail) - 1)[0]
        return row


def _checked(close: Floats) -> Floats:
    close = np.ascontiguousarray(close, dtype=np.float64)
    if close.ndim != 1:
        raise DataNotFit(f"closes have shape {close.shape}: expected one dimension")
    return close


MONTH, FIVE_YEARS = 21, 1260
"""Sessions in the volatility window, and in the trailing history that it is compared with."""


def _close_volatility() -> FeatureSet:
    spans = (5, 21, 63, 252)
    return FeatureSet(
        "close-volatility",
        1,
        FIVE_YEARS + MONTH,
        (
            *(_over("return", w, "log return over {} sessions") for w in (1, *spans)),
            *(_over("volatility", w, "realised volatility of {} sessions") for w in spans),
            *(_ratio(a, b) for a, b in pairwise(spans)),
            _over("downside", 63, "share of losses in the volatility of {} sessions, 0 to 1"),
            _over("drawdown", 252, "log of close over the highest close of {} sessions"),
            *(_relative(w) for w in spans),
        ),
    )


def _over(operation: str, window: int, description: str) -> Column:
    return Column(f"{operation}_{window}", operation, (window,), description.format(window))


def _ratio(over: int, under: int) -> Column:
    description = f"log ratio of {over}- to {under}-session volatility"
    return Column(f"ratio_{over}_{under}", "ratio", (over, under), description)


def _relative(window: int) -> Column:
    description = f"log ratio of {window}-session volatility to the five-year median of {MONTH}"
    return Column(f"relative_{window}", "relative", (window, MONTH, FIVE_YEARS), description)


RETURN_HORIZON = 5
QUANTILE_PERMILLE = (50, 250, 500, 750, 950)


def _return_quantiles() -> FeatureSet:
    """Quantiles of the instrument's own past returns over its volatility, times today's."""
    arguments = (RETURN_HORIZON, MONTH, FIVE_YEARS)
    text = f"{{}} permille of past {RETURN_HORIZON}-session log returns at today's volatility"
    columns = tuple(
        Column(f"residual_{p}", "residual_quantile", (*arguments, p), text.format(p))
        for p in QUANTILE_PERMILLE
    )
    return FeatureSet("return-residuals", 1, sum(arguments), columns)


CLOSE_VOLATILITY = _close_volatility()
RETURN_RESIDUALS = _return_quantiles()
_SETS = {known.name: known for known in (CLOSE_VOLATILITY, RETURN_RESIDUALS)}


def feature_set(name: str) -> FeatureSet:
    """The feature set of that name; BadParameter names the known ones."""
    if name not in _SETS:
        raise BadParameter(
            f"unknown feature set {name!r}: expected one of {', '.join(_SETS)}", parameter="name"
        )
    return _SETS[name]
