"""The log returns that a world draws: factors under regimes, own shocks, and what is planted."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from market.arrays import Floats
from market.synthetic.randomness import Stream, normal, uniforms
from market.worlds.hours import Hours
from market.worlds.loadings import WorldCharacter, character
from market.worlds.regimes import RegimePath, regime_path
from market.worlds.roles import Role, group_of, role_of
from market.worlds.signals import (
    LOOKBACK,
    MOMENTUM,
    SPREAD_VOL,
    log_spread,
    with_autoregression,
    with_momentum,
)


@dataclass(frozen=True, eq=False)
class Path:
    """Total log return and volatility of each session, and the draws that go with it; all (n,).

    ``sigma`` is the volatility of the whole session's log return given its regime, ``own`` the part
    that is the instrument's alone. ``gap`` and ``activity`` are standard normal.
    """

    returns: Floats
    sigma: Floats
    own: Floats
    shock: Floats
    gap: Floats
    activity: Floats


class Paths:
    """Paths by index, drawn once each. ``planted`` says whether anything can be predicted.

    Without it the expected simple return of every session is exactly 0 given all that came before:
    a log return is Gaussian given its regime, with mean -variance / 2.
    """

    def __init__(self, seed: int, hours: Hours, *, planted: bool) -> None:
        self.seed, self.hours, self.planted = seed, hours, planted
        self.regimes: RegimePath = regime_path(seed, sessions=len(hours), drifts=planted)
        # Kept by the world itself: on the class they would keep every world that ever was.
        self.character = lru_cache(maxsize=None)(self._character)
        self.path = lru_cache(maxsize=None)(self._path)
        self._factor = lru_cache(maxsize=None)(self._draw_factor)
        self._plain = lru_cache(maxsize=None)(self._draw_plain)
        self._group = lru_cache(maxsize=None)(self._draw_group)

    def _character(self, index: int) -> WorldCharacter:
        return character(self.seed, index)

    def _path(self, index: int) -> Path:
        role, plain = role_of(index), self._plain(index)
        if not self.planted:
            return plain
        match role:
            case Role.AR1:
                return _changed(plain, with_autoregression(plain.returns), plain.sigma)
            case Role.FOLLOWER:
                return self._follower(index)
            case Role.MOMENTUM:
                group = group_of(index)
                return _changed(plain, self._group(group)[:, index - group.start], plain.sigma)
            case _:
                return plain

    def _follower(self, index: int) -> Path:
        """The leader's return, and what the spread between the two did."""
        leader, plain = self._plain(index - 1), self._plain(index)
        spread = log_spread(plain.shock)
        returns = leader.returns + np.diff(spread, prepend=0.0)
        return _changed(plain, returns, np.sqrt(leader.sigma**2 + SPREAD_VOL**2))

    def _draw_group(self, group: range) -> Floats:
        members = [self._plain(index) for index in group]
        returns, own = (
            # Contiguous, so that kernels are compiled for one layout.
            np.ascontiguousarray(np.stack([getattr(member, name) for member in members], axis=1))
            for name in ("returns", "own")
        )
        return with_momentum(returns, own, MOMENTUM, LOOKBACK)

    def _draw_plain(self, index: int) -> Path:
        u = uniforms(self.seed, Stream.WORLD_DAILY, index, first=0, rows=len(self.hours), width=4)
        loadings = self.character(index).loadings
        root = np.sqrt(self.hours.per_year)
        market = loadings.beta * self.regimes.by_session("market_vol") / root
        sector = loadings.sector_beta * self.regimes.by_session("sector_vol") / root
        own = loadings.own_vol * self.regimes.by_session("own") / root
        shock_u, gap_u, activity_u, _spare = u.T
        shock = normal(shock_u)
        variance = market**2 + sector**2 + own**2
        drift = loadings.beta * self.regimes.by_session("drift") / self.hours.per_year
        returns = (
            drift
            - variance / 2.0
            + market * self._factor(Stream.WORLD_MARKET, 0)
            + sector * self._factor(Stream.WORLD_SECTOR, loadings.sector)
            + own * shock
        )
        return Path(returns, np.sqrt(variance), own, shock, normal(gap_u), normal(activity_u))

    def _draw_factor(self, stream: Stream, member: int) -> Floats:
        """A factor's standard normal shocks, shape (n,)."""
        rows = len(self.hours)
        return normal(uniforms(self.seed, stream, member, first=0, rows=rows, width=4)[:, 0])


def _changed(path: Path, returns: Floats, sigma: Floats) -> Path:
    return replace(path, returns=returns, sigma=sigma)
