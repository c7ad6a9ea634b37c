"""Markets in which nothing can be earned, and what a function earns in them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from market.arrays import Floats, from_day
from market.calendar import get_calendar
from market.errors import BadParameter

_FROM = np.datetime64("2010-01-04")
_MOST = 7_500
_WORLD = 60  # sessions that a world has at least
_FIELDS = ("session", "open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class MartingaleResult:
    """Mean Sharpe ratio per session over ``markets`` markets, and its standard error."""

    mean_sharpe: float
    standard_error: float
    markets: int

    @property
    def z(self) -> float:
        """The mean in standard errors; 0 where nothing was ever earned or lost."""
        return self.mean_sharpe / self.standard_error if self.standard_error else 0.0


def martingale_bars(*, seed: int, rows: int = 500) -> pd.DataFrame:
    """Daily bars of New York, up to 7,500, of an instrument without actions in a null world.

    Its price is a martingale, inside sessions too: highs and lows are those of a Brownian path, so
    limit, stop and take-profit orders at prices known beforehand have no expected gain either.
    """
    from market.worlds import SyntheticWorld
    from market.worlds.roles import Role, role_of, symbol_of

    if not 1 <= rows <= _MOST:
        raise BadParameter(f"rows={rows}: expected 1 to {_MOST}", parameter="rows")
    days = get_calendar("XNYS").days
    first = int(np.searchsorted(days, _FROM))
    start, end = from_day(days[first]), from_day(days[first + max(rows, _WORLD) - 1])
    # The first instrument without actions: its raw price is the martingale itself.
    plain = next(index for index in range(99) if role_of(index) is Role.PLAIN)
    world = SyntheticWorld(start=start, end=end, seed=seed, instruments=plain + 1)
    bars = world.daily(symbol_of(plain), start, from_day(days[first + rows - 1]))
    return pd.DataFrame({name: getattr(bars, name) for name in _FIELDS})


def sharpe_on_martingales(
    returns: Callable[[pd.DataFrame], Floats], *, markets: int = 40, rows: int = 500, seed: int = 7
) -> MartingaleResult:
    """What a function from bars to returns per session (any shape; NaN is no session) earns.

    At zero cost an honest strategy has mean 0: compare ``z`` with a normal's quantile.
    """
    (result,) = sharpes_on_martingales(
        lambda bars: [returns(bars)], markets=markets, rows=rows, seed=seed
    )
    return result


def sharpes_on_martingales(
    returns: Callable[[pd.DataFrame], Sequence[Floats]], *, markets: int, rows: int, seed: int
) -> list[MartingaleResult]:
    """The same for a function that gives the returns of several strategies."""
    draws = np.random.SeedSequence(seed).generate_state(markets).tolist()
    bars = (martingale_bars(seed=draw, rows=rows) for draw in draws)
    ratios = np.array([[_sharpe(path) for path in returns(market)] for market in bars])
    means, errors = ratios.mean(axis=0), ratios.std(axis=0, ddof=1) / math.sqrt(markets)
    return [
        MartingaleResult(mean, error, markets)
        for mean, error in zip(means.tolist(), errors.tolist(), strict=True)
    ]


def _sharpe(returns: Floats) -> float:
    known = returns[np.isfinite(returns)]
    spread = float(known.std()) if len(known) else 0.0
    return float(known.mean()) / spread if spread else 0.0
