"""Strategies by name."""

from collections.abc import Mapping

from market.errors import BadParameter, near_names
from market.strategies.base import Strategy
from market.strategies.buy_and_hold import BuyAndHold
from market.strategies.sma_cross import SmaCross

BASELINE = BuyAndHold.name
_STRATEGIES: Mapping[str, type[Strategy]] = {s.name: s for s in (BuyAndHold, SmaCross)}


def strategy_names() -> list[str]:
    return sorted(_STRATEGIES)


def find_strategy(name: str) -> type[Strategy]:
    """The class registered as `name`. Raises `BadParameter` that offers the nearest name."""
    found = _STRATEGIES.get(name)
    if found is None:
        near = near_names(name, _STRATEGIES)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(strategy_names())}"
        raise BadParameter(f"strategy {name!r} is unknown; {hint}", parameter="strategy")
    return found


def make_strategy(name: str, parameters: Mapping[str, float]) -> Strategy:
    """A strategy ready to run. Raises `BadParameter` that names parameter, value and range."""
    return find_strategy(name)(**parameters)
