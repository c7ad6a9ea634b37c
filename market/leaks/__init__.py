"""The leak check: two worlds that agree in all that is known at t must give one answer up to t."""

from market.leaks.check import check
from market.leaks.literals import literal_warnings
from market.leaks.martingale import MartingaleResult, martingale_bars, sharpe_on_martingales
from market.leaks.of_strategy import of_strategy
from market.leaks.outputs import Output, evaluate
from market.leaks.report import Finding, LeakReport
from market.leaks.samples import checked_bars, synthetic_bars
from market.leaks.world import World
from market.leaks.world_check import check_world
from market.leaks.world_events import EVENTS
from market.universes import MembershipChange

__all__ = [
    "EVENTS",
    "Finding",
    "LeakReport",
    "MartingaleResult",
    "MembershipChange",
    "Output",
    "World",
    "check",
    "check_world",
    "checked_bars",
    "evaluate",
    "literal_warnings",
    "martingale_bars",
    "of_strategy",
    "sharpe_on_martingales",
    "synthetic_bars",
]
