"""The backtest engine: bars and a strategy in, equity and trades out; no look-ahead by construction."""

from market.backtest.costs import Costs
from market.backtest.engine import Sleeves, run
from market.backtest.modes import MODES, Mode, choose_mode, has_opens, implied_mode, require_mode
from market.backtest.needs import require_inputs
from market.backtest.panel import Panel, booked
from market.backtest.portfolio import run_portfolio
from market.backtest.results import (
    Curve,
    Figures,
    align,
    drawdown,
    figures,
    session_returns,
    total,
)

__all__ = [
    "MODES",
    "Costs",
    "Curve",
    "Figures",
    "Mode",
    "Panel",
    "Sleeves",
    "align",
    "booked",
    "choose_mode",
    "drawdown",
    "figures",
    "has_opens",
    "implied_mode",
    "require_inputs",
    "require_mode",
    "run",
    "run_portfolio",
    "session_returns",
    "total",
]
