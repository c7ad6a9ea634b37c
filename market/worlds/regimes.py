"""Regimes: a hidden Markov chain that says how volatile, how correlated and how kind a session is."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from market.arrays import Floats
from market.synthetic.randomness import Stream, uniforms

States = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Regime:
    """Annual volatilities of the market factor and of a sector's; ``own`` multiplies own volatility.

    ``drift`` is the market factor's expected return a year, above 0 or below.
    """

    name: str
    market_vol: float
    sector_vol: float
    own: float
    drift: float


_REGIMES = (
    Regime("calm", market_vol=0.10, sector_vol=0.07, own=1.0, drift=0.15),
    Regime("turbulent", market_vol=0.19, sector_vol=0.10, own=1.3, drift=0.00),
    Regime("crisis", market_vol=0.34, sector_vol=0.12, own=1.6, drift=-0.25),
)
_TRANSITIONS = ((0.985, 0.014, 0.001), (0.030, 0.950, 0.020), (0.005, 0.055, 0.940))
_MANY = 1 << 12  # sessions after which the chain has forgotten where it began


@dataclass(frozen=True, eq=False)
class RegimePath:
    """The truth of a world's regimes.

    ``states`` (n,) numbers each session's regime in ``regimes``; ``transitions`` (k, k) has the
    probabilities from one session's regime (row) to the next one's. A session's regime moves that
    session's own return: nobody trades on it before it is over.
    """

    regimes: tuple[Regime, ...]
    transitions: Floats
    states: States

    @cached_property
    def shares(self) -> Floats:
        """The share of sessions that each regime has in the long run, shape (k,)."""
        shares: Floats = np.linalg.matrix_power(self.transitions, _MANY)[0]
        return shares

    def by_state(self, field: str) -> Floats:
        """A field of the regimes, shape (k,)."""
        return np.array([getattr(regime, field) for regime in self.regimes], dtype=np.float64)

    def by_session(self, field: str) -> Floats:
        """A field of each session's regime, shape (n,)."""
        return self.by_state(field)[self.states]


def regime_path(seed: int, *, sessions: int, drifts: bool) -> RegimePath:
    """The regimes of the first ``sessions`` sessions; session k needs only draws up to k.

    Without ``drifts`` every regime's drift is 0.
    """
    regimes = _REGIMES if drifts else tuple(replace(regime, drift=0.0) for regime in _REGIMES)
    path = RegimePath(regimes, np.array(_TRANSITIONS), np.zeros(sessions, dtype=np.int64))
    u = uniforms(seed, Stream.WORLD_REGIME, 0, first=0, rows=sessions, width=4)[:, 0]
    # Without the last edge: it may end a rounding below 1, and a draw beyond it have no regime.
    edges = np.cumsum(path.transitions, axis=1)[:, :-1]
    # The first session is drawn from the long run: none is special.
    state = int(np.searchsorted(np.cumsum(path.shares)[:-1], u[0], side="right"))
    for row in range(sessions):
        if row:
            state = int(np.searchsorted(edges[state], u[row], side="right"))
        path.states[row] = state
    return path
