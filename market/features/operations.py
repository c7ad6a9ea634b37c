"""The operations that a feature set is declared from, and the closes that they are computed over."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from market import windows
from market.arrays import Floats
from market.errors import BadParameter


class Closes:
    """Closes (n,) of one instrument, of which rows ``first`` to the end are wanted.

    What several columns share is computed once.
    """

    def __init__(self, close: Floats, first: int) -> None:
        self.close, self.first = close, first
        self.changes = windows.log_returns(close, 1, 0)
        self._volatility: dict[int, Floats] = {}
        self._usual: dict[tuple[int, int], Floats] = {}

    def volatility(self, window: int) -> Floats:
        """Realised volatility of the last ``window`` sessions."""
        if window not in self._volatility:
            kept = windows.realised_volatility(self.changes, window, self.first)
            self._volatility[window] = kept
        return self._volatility[window]

    def usual(self, base: int, history: int) -> Floats:
        """See ``trailing_median_volatility``."""
        if (base, history) not in self._usual:
            kept = trailing_median_volatility(self.changes, base, history, self.first)
            self._usual[base, history] = kept
        return self._usual[base, history]


@dataclass(frozen=True)
class Operation:
    """``compute(closes, *arguments)`` gives rows first to the end; one reads ``needs`` closes."""

    compute: Callable[..., Floats]
    needs: Callable[..., int]


def _return(closes: Closes, window: int) -> Floats:
    return windows.log_returns(closes.close, window, closes.first)


def _volatility(closes: Closes, window: int) -> Floats:
    return closes.volatility(window)


def _ratio(closes: Closes, over: int, under: int) -> Floats:
    return windows.log_ratios(closes.volatility(over), closes.volatility(under))


def _downside(closes: Closes, window: int) -> Floats:
    losses = windows.downside_volatility(closes.changes, window, closes.first)
    return windows.shares(losses, closes.volatility(window))


def _drawdown(closes: Closes, window: int) -> Floats:
    return windows.drawdown(closes.close, window, closes.first)


def _relative(closes: Closes, window: int, base: int, history: int) -> Floats:
    return windows.log_ratios(closes.volatility(window), closes.usual(base, history))


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
    # Exact: a float may end just beside a whole number, and floor or ceil then be one off.
    exact = Fraction(permille, 1000) * (count + 1)
    low, high = math.floor(exact), math.ceil(exact)
    if permille != 500:
        low = high = low if permille < 500 else high
    # Beyond the outermost residual nothing bounds the quantile.
    if not 1 <= low <= high <= count:
        raise BadParameter(
            f"quantile {permille / 1000} needs more than {count} residuals", parameter="permille"
        )
    return low - 1, high - 1


def _residual_quantile(closes: Closes, *arguments: int) -> Floats:
    horizon, base, history, permille = arguments
    first = closes.first
    # The oldest residual of a window is of a move that began a horizon before it.
    start = max(first - history + 1 - horizon, 0)
    moves = windows.log_returns(closes.close, horizon, start)
    volatility = windows.realised_volatility(closes.changes, base, start)
    residuals = windows.scaled_returns(moves, volatility, horizon)
    low, high = conformal_ranks(permille, history)
    quantile = windows.order_statistic(residuals, history, low, high, first - start)
    scaled: Floats = quantile * volatility[first - start :] * math.sqrt(horizon)
    return scaled


OPERATIONS = {
    "return": Operation(_return, lambda window: window + 1),
    "volatility": Operation(_volatility, lambda window: window + 1),
    "ratio": Operation(_ratio, lambda over, under: max(over, under) + 1),
    "downside": Operation(_downside, lambda window: window + 1),
    "drawdown": Operation(_drawdown, lambda window: window),
    "relative": Operation(_relative, lambda window, base, history: max(window + 1, base + history)),
    "residual_quantile": Operation(
        _residual_quantile, lambda horizon, base, history, _: horizon + base + history
    ),
}
