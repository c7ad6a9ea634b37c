"""Markets in which nothing can be earned, and what a function earns in them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from market.arrays import Floats

_VOLATILITY = 0.01  # of a session, half of its variance overnight


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
    """Daily bars whose opens and closes are one martingale: no rule has an expected gain.

    Simple returns, overnight and in the session, are independent and uniform around zero.
    """
    rng = np.random.default_rng(seed)
    # Uniform on ±a has variance a² / 3.
    reach = _VOLATILITY * math.sqrt(3 / 2)
    path = 100 * np.cumprod(1 + rng.uniform(-reach, reach, 2 * rows)).reshape(rows, 2)
    wide = rng.uniform(0, reach / 2, (rows, 2))
    return pd.DataFrame(
        {
            "session": pd.bdate_range("2010-01-04", periods=rows),
            "open": path[:, 0],
            "high": path.max(axis=1) * (1 + wide[:, 0]),
            "low": path.min(axis=1) * (1 - wide[:, 1]),
            "close": path[:, 1],
            "volume": rng.uniform(1e5, 2e5, rows).round(),
        }
    )


def sharpe_on_martingales(
    returns: Callable[[pd.DataFrame], Floats], *, markets: int = 40, rows: int = 500, seed: int = 7
) -> MartingaleResult:
    """What a function from bars to returns per session (any shape; NaN is no session) earns.

    At zero cost an honest strategy has mean 0: compare ``z`` with a normal's quantile.
    """
    draws = np.random.SeedSequence(seed).generate_state(markets)
    ratios = [_sharpe(returns(martingale_bars(seed=int(draw), rows=rows))) for draw in draws]
    error = float(np.std(ratios, ddof=1)) / math.sqrt(markets)
    return MartingaleResult(float(np.mean(ratios)), error, markets)


def _sharpe(returns: Floats) -> float:
    known = returns[np.isfinite(returns)]
    spread = float(known.std()) if len(known) else 0.0
    return float(known.mean()) / spread if spread else 0.0
