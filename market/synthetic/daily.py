"""Daily bars of one synthetic instrument, in whole cents, from the first day of the market on."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from market.arrays import Floats
from market.synthetic.factors import SESSIONS_PER_YEAR, Factor, autoregress, factor
from market.synthetic.randomness import Stream, between, normal, uniforms

Whole = NDArray[np.int64]

FLOOR = 100
"""No price is ever below this many cents, so that a bid under a trade is still above zero."""
_DRAWS = 8  # a day: volatility, shock, gap, high, low, volume and two spare
_DRIFT = 0.03 / SESSIONS_PER_YEAR  # log drift a day
_GAP = 0.15  # volatility between two sessions, as a share of the day's
_SESSION = math.sqrt(1.0 - _GAP**2)  # the same for the session itself: variances add up


@dataclass(frozen=True, eq=False)
class Character:
    """What sets an instrument apart; drawn once from the seed."""

    price: float
    beta: float
    sector_beta: float
    own_vol: float
    volume: float

    @classmethod
    def draw(cls, seed: int, index: int) -> Self:
        """The character of instrument ``index`` under that seed."""
        u = uniforms(seed, Stream.CHARACTER, index, first=0, rows=1, width=8)[0].tolist()
        price_u, beta_u, sector_u, own_u, volume_u, *_spare = u
        return cls(
            price=between(price_u, 60.0, 300.0),
            beta=0.6 + 0.8 * beta_u,
            sector_beta=0.5 + sector_u,
            own_vol=0.14 + 0.12 * own_u,
            volume=between(volume_u, 2e5, 5e6),
        )


@dataclass(frozen=True, eq=False)
class DailyPath:
    """Prices in cents and volume in units, int64 (n,); ``sigma`` is the volatility from open to close (n,)."""

    open: Whole
    high: Whole
    low: Whole
    close: Whole
    volume: Whole
    sigma: Floats


def daily_path(
    seed: int, index: int, *, days: int, market: Factor, sector: Factor, ar1: float
) -> DailyPath:
    """The first ``days`` days of instrument ``index``; day k needs only draws up to day k.

    ``ar1`` is the autocorrelation of its daily log returns: zero but for a planted signal.
    """
    character = Character.draw(seed, index)
    u = uniforms(seed, Stream.DAILY, index, first=0, rows=days, width=_DRAWS)
    vol_u, shock_u, gap_u, high_u, low_u, volume_u, *_spare = u.T
    own = factor(vol_u, shock_u, annual_vol=character.own_vol)
    shock = character.beta * market.shock + character.sector_beta * sector.shock + own.shock
    sigma = np.sqrt(
        (character.beta * market.sigma) ** 2
        + (character.sector_beta * sector.sigma) ** 2
        + own.sigma**2
    )
    returns = _DRIFT + (autoregress(shock, ar1) if ar1 else shock)
    # The open lies on a Brownian bridge from close to close: the gap is a part of the day's return
    # and tells nothing of the rest. Drawn apart from it, it would be taken back by every close.
    gap = _GAP**2 * returns + _GAP * _SESSION * sigma * normal(gap_u)
    close = np.log(character.price) + np.cumsum(returns)
    volume = _volume(character.volume, np.abs(shock) / sigma, volume_u)
    return _bars(close - returns + gap, close, _SESSION * sigma, (high_u, low_u), volume)


def _bars(
    opens: Floats, closes: Floats, sigma: Floats, extremes: tuple[Floats, Floats], volume: Whole
) -> DailyPath:
    """Bars from log opens and closes; highs and lows as a Brownian bridge would reach them.

    The maximum of a bridge from 0 to r with variance s^2 is (r + sqrt(r^2 - 2 s^2 ln u)) / 2.
    """
    move = closes - opens
    reach_up, reach_down = (np.sqrt(move**2 - 2.0 * sigma**2 * np.log(u)) for u in extremes)
    return DailyPath(
        open=_cents(opens),
        high=_cents(opens + (reach_up + move) / 2.0),
        low=_cents(opens - (reach_down - move) / 2.0),
        close=_cents(closes),
        volume=volume,
        sigma=sigma,
    )


def _cents(log_price: Floats) -> Whole:
    """Rounding and flooring keep the order low <= open, close <= high."""
    return np.maximum(np.rint(np.exp(log_price) * 100.0).astype(np.int64), FLOOR)


def _volume(typical: float, surprise: Floats, u: Floats) -> Whole:
    """More is traded on days of large moves."""
    return np.rint(typical * np.exp(0.35 * normal(u) + 0.3 * (surprise - 1.0))).astype(np.int64)
