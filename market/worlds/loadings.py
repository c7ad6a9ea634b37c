"""How an instrument hangs on the factors: its loadings, and the moments that follow from them."""

import math
from dataclasses import dataclass

from market.synthetic.randomness import Stream, between, uniforms
from market.worlds.regimes import Regime
from market.worlds.roles import BLOCK, SECTORS, Role, role_of


@dataclass(frozen=True, slots=True)
class Loadings:
    """``beta`` on the market, ``sector_beta`` on the sector of that number, own annual volatility.

    The follower of a pair has ``spread_vol`` as well, the annual volatility of what the spread does
    in a session; the own shock, which it shares with its leader, is in no ``correlation``.
    """

    beta: float
    sector: int
    sector_beta: float
    own_vol: float
    spread_vol: float = 0.0

    def volatility(self, regime: Regime) -> float:
        """Annual volatility in that regime."""
        own = (self.own_vol * regime.own) ** 2 + self.spread_vol**2
        return math.sqrt(covariance(self, self, regime) + own)

    def correlation(self, other: "Loadings", regime: Regime) -> float:
        """Correlation with another instrument in that regime."""
        spread = self.volatility(regime) * other.volatility(regime)
        return covariance(self, other, regime) / spread


def covariance(one: Loadings, other: Loadings, regime: Regime) -> float:
    """Annual covariance through the factors alone."""
    market = one.beta * other.beta * regime.market_vol**2
    if one.sector != other.sector:
        return market
    return market + one.sector_beta * other.sector_beta * regime.sector_vol**2


@dataclass(frozen=True, slots=True)
class WorldCharacter:
    """What is drawn once for an instrument: loadings, the price before its first session, volume."""

    loadings: Loadings
    price: float
    volume: float


def character(seed: int, index: int) -> WorldCharacter:
    """The character of instrument ``index``.

    A momentum group has equal loadings, so that its members' returns differ by what is their own.
    """
    u = uniforms(seed, Stream.WORLD_CHARACTER, index, first=0, rows=1, width=8)[0].tolist()
    beta_u, sector_u, own_u, price_u, volume_u, *_spare = u
    if role_of(index) is Role.MOMENTUM:
        loadings = Loadings(1.0, index // BLOCK % len(SECTORS), 1.0, 0.20)
    else:
        loadings = Loadings(
            0.6 + 0.8 * beta_u, index % len(SECTORS), 0.5 + sector_u, 0.14 + 0.12 * own_u
        )
    return WorldCharacter(loadings, between(price_u, 20.0, 200.0), between(volume_u, 1e6, 1e7))
