"""What weights must keep (bounds, sums of groups, turnover), as constraints and by projection."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from market.arrays import Floats, floats
from market.errors import BadParameter, DataNotFit

if TYPE_CHECKING:
    import pandas as pd

SOLVER: Final = "CLARABEL"
# At its default tolerance the solver leaves weights off by a thousandth.
TOLERANCES: Final = {"tol_gap_abs": 1e-13, "tol_gap_rel": 1e-13}
ROUNDING: Final = 1e-6
"""To how much limits are kept: what a solver calls optimal ends about there."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What weights (k,) must keep. They sum to 1.

    `low` and `high` bound each weight. `groups` (k labels) and `group_limits` (label to lowest and
    highest sum) bound sums. `turnover` bounds half the sum of |weight - previous|. What is given as
    a Series or a dict is matched with the columns of returns by name, where these have names.
    """

    low: "float | Sequence[float] | Mapping[str, float] | pd.Series[float]" = 0.0
    high: "float | Sequence[float] | Mapping[str, float] | pd.Series[float]" = 1.0
    groups: "Sequence[str] | Mapping[str, str] | pd.Series[str] | None" = None
    group_limits: Mapping[str, tuple[float, float]] | None = None
    previous: "Sequence[float] | Mapping[str, float] | pd.Series[float] | None" = None
    turnover: float | None = None


def check_limits(limits: Limits, k: int) -> None:
    """Raise `BadParameter` for limits that do not fit k assets or name what is not there."""
    for name in ("low", "high", "groups", "previous"):
        if (given := getattr(limits, name)) is not None:
            _check_values(name, given, k)
    for label in limits.group_limits or {}:
        if label not in _groups(limits):
            raise BadParameter(f"group {label!r} has no members", parameter="group_limits")
    if limits.turnover is None:
        return
    if limits.previous is None:
        raise BadParameter("turnover needs the previous weights", parameter="previous")
    if not limits.turnover >= 0.0:
        raise BadParameter(f"turnover={limits.turnover}: expected 0 or more", parameter="turnover")


def _check_values(name: str, given: Any, k: int) -> None:
    if isinstance(given, Mapping):
        raise BadParameter(
            f"{name} is by name and the returns have none: give returns as a DataFrame",
            parameter=name,
        )
    if np.ndim(given) and len(given) != k:
        raise BadParameter(f"{name} has {len(given)} values for {k} assets", parameter=name)
    if name != "groups" and np.isnan(floats(given, of=name)).any():
        raise BadParameter(f"{name}={given!r}: expected numbers", parameter=name)


def bounds(limits: Limits, k: int) -> tuple[Floats, Floats]:
    """The lowest and the highest weight of each of k assets."""
    low, high = (
        np.broadcast_to(np.asarray(bound, np.float64), k).copy()
        for bound in (limits.low, limits.high)
    )
    return low, high


def group_rows(limits: Limits, k: int) -> tuple[Floats, Floats]:
    """The group limits as `left` (r, k) and `right` (r,): left @ weights <= right."""
    left, right = [np.empty((0, k))], [np.empty(0)]
    for label, (low, high) in (limits.group_limits or {}).items():
        members = np.array([group == label for group in _groups(limits)], dtype=np.float64)
        left.append(np.stack([members, -members]))
        right.append(np.array([high, -low]))
    return np.concatenate(left), np.concatenate(right)


def _groups(limits: Limits) -> list[str]:
    """The labels as a list: an array or a Series has no truth of its own."""
    return [] if limits.groups is None else list(limits.groups)


def turnover_bound(limits: Limits) -> Callable[[Any], Any] | None:
    """The limit on turnover as a constraint on cvxpy weights of any scale; None without one."""
    if limits.turnover is None:
        return None
    previous, most = np.asarray(limits.previous, dtype=np.float64), limits.turnover
    cp = _cvxpy()

    def bounded(w: Any) -> Any:
        """Both sides carry the sum of w: ratios are maximised over weights of another scale."""
        return cp.sum(cp.abs(w - previous * cp.sum(w))) <= 2.0 * most * cp.sum(w)

    return bounded


def nearest(weights: Floats, limits: Limits) -> Floats:
    """The weights of sum 1 within all limits that are nearest to these: least squares.

    The Euclidean projection: it needs no covariance. Weights that keep the limits come back as
    they are. Raises `DataNotFit` if none do.
    """
    if keeps(weights, limits):
        return weights
    cp = _cvxpy()
    return _within(limits, len(weights), lambda w: cp.Minimize(cp.sum_squares(w - weights)))


def best_mean(means: Floats, limits: Limits) -> float:
    """The highest mean (k,) @ weights within all limits. Raises `DataNotFit` if no weights keep them."""
    weights = _within(limits, len(means), lambda w: _cvxpy().Maximize(means @ w))
    return float(means @ weights)


def _within(limits: Limits, k: int, goal: Callable[[Any], Any]) -> Floats:
    """The weights within all limits that are best for a goal."""
    cp, (low, high), (left, right) = _cvxpy(), bounds(limits, k), group_rows(limits, k)
    w = cp.Variable(k)
    kept = [cp.sum(w) == 1.0, w >= low, w <= high]
    kept += [left @ w <= right] if len(left) else []
    bounded = turnover_bound(limits)
    kept += [bounded(w)] if bounded else []
    problem = cp.Problem(goal(w), kept)
    problem.solve(solver=SOLVER, **TOLERANCES)
    if problem.status != cp.OPTIMAL:
        raise DataNotFit(f"no weights keep these limits ({problem.status}): widen one of them")
    best: Floats = np.asarray(w.value, dtype=np.float64)
    return best


def keeps(weights: Floats, limits: Limits) -> bool:
    """Whether weights keep all limits to ``ROUNDING``."""
    k = len(weights)
    (low, high), (left, right) = bounds(limits, k), group_rows(limits, k)
    within = (weights >= low - ROUNDING).all() and (weights <= high + ROUNDING).all()
    if limits.turnover is not None:
        traded = np.abs(weights - np.asarray(limits.previous, np.float64)).sum() / 2.0
        within = within and traded <= limits.turnover + ROUNDING
    return bool(within and (left @ weights <= right + ROUNDING).all())


def _cvxpy() -> Any:
    """By name: cvxpy's types leave out half of what it exports."""
    return import_module("cvxpy")
