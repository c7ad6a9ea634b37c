"""Signals planted in a world: how each makes returns, and what it is worth in theory."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from market.arrays import Floats
from market.compiled import compiled
from market.synthetic.factors import autoregress
from market.worlds.loadings import Loadings
from market.worlds.regimes import RegimePath

AR1 = 0.10
"""The share of a session's log return that comes again in the next."""
MOMENTUM, LOOKBACK = 0.05, 21
"""Own daily volatilities of expected return for each unit of the score, and its sessions."""
REVERSION, SPREAD_VOL = 0.95, 0.006
"""The share of a pair's log spread that is left after a session, and a session's shock to it."""

SignalKind = Literal["ar1", "momentum", "pair", "regime-drift"]


@dataclass(frozen=True, slots=True)
class Signal:
    """What can be predicted in a world, and how well in theory.

    ``ic`` is the correlation of the best forecast with the session's outcome, ``sharpe`` the annual
    Sharpe ratio at zero cost of the strategy in ``description``, which holds a session at a time.
    ``lookback`` is in sessions, 0 where it has none.
    """

    kind: SignalKind
    instrument_ids: tuple[str, ...]
    coefficient: float
    lookback: int
    ic: float
    sharpe: float
    description: str


def with_autoregression(returns: Floats) -> Floats:
    """Log returns (n,) of which AR1 comes again each session."""
    return autoregress(returns, AR1)


def log_spread(shocks: Floats) -> Floats:
    """The log spread of a pair from standard normal shocks, shape (n,); it begins at 0."""
    return autoregress(SPREAD_VOL * shocks, REVERSION)


def spread_volatility(per_year: int) -> float:
    """Annual volatility of the change of a spread from session to session, once it has run in."""
    return SPREAD_VOL * math.sqrt(2.0 / (1.0 + REVERSION) * per_year)


@compiled
def with_momentum(returns: Floats, sigma: Floats, strength: float, lookback: int) -> Floats:
    """Log returns (n, k) of k instruments that follow their standing in their group.

    A member's score is its log return over the last ``lookback`` sessions less the group's mean, by
    the group's standard deviation (ddof 0); it adds ``strength`` x ``sigma`` x score to the next
    session. Nothing is added before there are ``lookback`` sessions.
    """
    count, members = returns.shape
    out = returns.copy()
    past = np.zeros(members)
    for row in range(lookback, count):
        mean = 0.0
        for member in range(members):
            total = 0.0
            # Summed anew: a running sum would carry the rounding of all rows before.
            for back in range(row - lookback, row):
                total += out[back, member]
            past[member] = total
            mean += total / members
        variance = 0.0
        for member in range(members):
            variance += (past[member] - mean) ** 2 / members
        if variance > 0.0:
            for member in range(members):
                score = (past[member] - mean) / np.sqrt(variance)
                out[row, member] += strength * sigma[row, member] * score
    return out


def ar1_signal(instrument_id: str, loadings: Loadings, path: RegimePath, per_year: int) -> Signal:
    """The moments of r[t-1] r[t], where variance follows the chain of regimes."""
    variance = np.array([loadings.volatility(regime) ** 2 for regime in path.regimes])
    expected, squared = _mean(path, variance), _mean(path, variance**2)
    following = _mean(path, variance * (path.transitions @ variance))
    spread = math.sqrt(AR1**2 * (3.0 * squared - expected**2) + following)
    return Signal(
        kind="ar1",
        instrument_ids=(instrument_id,),
        coefficient=AR1,
        lookback=1,
        ic=AR1,
        sharpe=math.sqrt(per_year) * AR1 * expected / spread,
        description="daily log returns follow an AR(1); held in proportion to yesterday's return",
    )


def momentum_signal(ids: tuple[str, ...], path: RegimePath, per_year: int) -> Signal:
    """Weights score / k earn strength x own sigma, with variance own sigma^2 / k."""
    own = path.by_state("own")
    mean, square = _mean(path, own), _mean(path, own**2)
    spread = math.sqrt(square / len(ids) + MOMENTUM**2 * (square - mean**2))
    return Signal(
        kind="momentum",
        instrument_ids=ids,
        coefficient=MOMENTUM,
        lookback=LOOKBACK,
        ic=MOMENTUM / math.sqrt(1.0 + MOMENTUM**2),
        sharpe=math.sqrt(per_year) * MOMENTUM * mean / spread,
        description="scores of past log returns in the group; held in proportion to the score",
    )


def pair_signal(ids: tuple[str, str], per_year: int) -> Signal:
    """The moments of s[t-1] (s[t] - s[t-1]) for a Gaussian AR(1) s."""
    back = 1.0 - REVERSION
    return Signal(
        kind="pair",
        instrument_ids=ids,
        coefficient=REVERSION,
        lookback=1,
        ic=math.sqrt(back / 2.0),
        sharpe=math.sqrt(per_year * back / (2.0 + back)),
        description="the log spread, second less first, is an AR(1); held against the spread",
    )


def drift_signal(ids: tuple[str, ...], path: RegimePath, per_year: int) -> Signal:
    """The drift of the market factor by regime, which all instruments carry by their beta."""
    drift, variance = path.by_state("drift") / per_year, path.by_state("market_vol") ** 2 / per_year
    mean = _mean(path, drift)
    uneven = _mean(path, drift**2) - mean**2
    spread = math.sqrt(_mean(path, variance) + uneven)
    return Signal(
        kind="regime-drift",
        instrument_ids=ids,
        coefficient=mean * per_year,
        lookback=0,
        ic=math.sqrt(uneven) / spread,
        sharpe=math.sqrt(per_year) * mean / spread,
        description="the market drifts by regime; the market factor held all the time",
    )


def _mean(path: RegimePath, values: Floats) -> float:
    """The mean over sessions of a value by regime."""
    return float((path.shares * values).sum())
