"""Strategies by name."""

from collections.abc import Mapping

from market.errors import BadParameter, did_you_mean
from market.strategies.core.base import Scope, Strategy
from market.strategies.library.bollinger_reversion import BollingerReversion
from market.strategies.library.buy_and_hold import BuyAndHold
from market.strategies.library.chandelier_exit import ChandelierExit
from market.strategies.library.close_breakout import CloseBreakout
from market.strategies.library.donchian_breakout import DonchianBreakout
from market.strategies.library.momentum_rank import MomentumRank
from market.strategies.library.pairs import Pairs
from market.strategies.library.risk_parity import RiskParity
from market.strategies.library.rsi_reversion import RsiReversion
from market.strategies.library.sma_cross import SmaCross
from market.strategies.library.trailing_exit import TrailingExit
from market.strategies.library.vol_target import VolTarget

BASELINE = BuyAndHold.name
_ALL: tuple[type[Strategy], ...] = (
    BollingerReversion,
    BuyAndHold,
    ChandelierExit,
    CloseBreakout,
    DonchianBreakout,
    MomentumRank,
    Pairs,
    RiskParity,
    RsiReversion,
    SmaCross,
    TrailingExit,
    VolTarget,
)
_STRATEGIES: Mapping[str, type[Strategy]] = {strategy.name: strategy for strategy in _ALL}


def strategy_names(*, scope: Scope | None = None) -> list[str]:
    """The names that `find_strategy` knows, sorted; of one scope where it is given."""
    return sorted(
        name for name, strategy in _STRATEGIES.items() if scope in (None, strategy.scope())
    )


def find_strategy(name: str) -> type[Strategy]:
    """The class registered as `name`. Raises `BadParameter` that offers the nearest name."""
    strategy = _STRATEGIES.get(name)
    if strategy is None:
        hint = did_you_mean(name, _STRATEGIES) or f"; known are {', '.join(strategy_names())}"
        raise BadParameter(f"strategy {name!r} is unknown{hint}", parameter="strategy")
    return strategy


def make_strategy(name: str, parameters: Mapping[str, float]) -> Strategy:
    """A strategy ready to run. Raises `BadParameter` that names parameter, value and range."""
    return find_strategy(name)(**parameters)
