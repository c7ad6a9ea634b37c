"""The operations that a feature set is declared from.

Each takes closes (n,), their one-session log returns (n,), the first row to compute and its own
integer arguments, and gives one column (n - first,).
"""

import math
from collections.abc import Callable
from fractions import Fraction

from market import windows
from market.arrays import Floats
from market.errors import BadParameter


def _return(close: Floats, _: Floats, first: int, window: int) -> Floats:
    return windows.log_returns(close, window, first)


def _volatility(_: Floats, changes: Floats, first: int, window: int) -> Floats:
    return windows.realised_volatility(changes, window, first)


def _ratio(_: Floats, changes: Floats, first: int, over: int, under: int) -> Floats:
    return windows.log_ratios(
        windows.realised_volatility(changes, over, first),
        windows.realised_volatility(changes, under, first),
    )


def _downside(_: Floats, changes: Floats, first: int, window: int) -> Floats:
    losses = windows.downside_volatility(changes, window, first)
    return windows.shares(losses, windows.realised_volatility(changes, window, first))


def _drawdown(close: Floats, _: Floats, first: int, window: int) -> Floats:
    return windows.drawdown(close, window, first)


def _relative(
    _: Floats, changes: Floats, first: int, window: int, base: int, history: int
) -> Floats:
    return windows.log_ratios(
        windows.realised_volatility(changes, window, first),
        trailing_median_volatility(changes, base, history, first),
    )


def trailing_median_volatility(changes: Floats, base: int, history: int, first: int) -> Floats:
    """Median of the last ``history`` values of ``base``-session realised volatility, this included.

    ``changes`` are one-session log returns; gives rows ``first`` to the end.
    """
    start = max(first - history + 1, 0)
    volatility = windows.realised_volatility(changes, base, start)
    low, high = (history - 1) // 2, history // 2
    return windows.order_statistic(volatility, history, low, high, first - start)


def conformal_ranks(permille: int, count: int) -> tuple[int, int]:
    """The ranks (from 0) among ``count`` sorted residuals that bound a quantile, finite-sample.

    With exchangeable residuals the next one falls below the (n + 1) p-th smallest with chance p;
    tails round outwards, so that an interval covers at least what it says (split conformal
    prediction, Lei et al. 2018). The middle rounds to both sides, and their mean is the median.
    """
    exact = Fraction(permille, 1000) * (count + 1)
    low, high = math.floor(exact), math.ceil(exact)
    if permille != 500:
        low = high = low if permille < 500 else high
    if not 1 <= low <= high <= count:
        raise BadParameter(
            f"quantile {permille / 1000} needs more than {count} residuals", parameter="permille"
        )
    return low - 1, high - 1


def _residual_quantile(close: Floats, changes: Floats, first: int, *arguments: int) -> Floats:
    horizon, base, history, permille = arguments
    start = max(first - history + 1 - horizon, 0)
    moves = windows.log_returns(close, horizon, start)
    volatility = windows.realised_volatility(changes, base, start)
    residuals = windows.scaled_returns(moves, volatility, horizon)
    low, high = conformal_ranks(permille, history)
    quantile = windows.order_statistic(residuals, history, low, high, first - start)
    scaled: Floats = quantile * volatility[first - start :] * math.sqrt(horizon)
    return scaled


OPERATIONS: dict[str, Callable[..., Floats]] = {
    "return": _return,
    "volatility": _volatility,
    "ratio": _ratio,
    "downside": _downside,
    "drawdown": _drawdown,
    "relative": _relative,
    "residual_quantile": _residual_quantile,
}
