"""How sure a measured result is, after its dependence, its non-normality and the search behind it.

Sharpe ratios here are per session, never annual; kurtosis is not excess (3 for a normal). What
takes the trials of a search takes their returns as one matrix, sessions by trials (n, k).
"""

from market.inference.clusters import near_copies
from market.inference.deflation import Deflated, Verdict, deflate
from market.inference.lead import Lead, lead_over
from market.inference.means import MeanInterval, block_bootstrap_mean
from market.inference.overfitting import Overfitting, backtest_overfitting
from market.inference.resampling import automatic_block
from market.inference.sharpe import (
    deflated_sharpe,
    expected_maximum_sharpe,
    minimum_track_record,
    probabilistic_sharpe,
)
from market.inference.sharpe_interval import SharpeInterval, sharpe_interval
from market.inference.superiority import Superiority, superior_strategies
from market.inference.trials import side_by_side

__all__ = [
    "Deflated",
    "Lead",
    "MeanInterval",
    "Overfitting",
    "SharpeInterval",
    "Superiority",
    "Verdict",
    "automatic_block",
    "backtest_overfitting",
    "block_bootstrap_mean",
    "deflate",
    "deflated_sharpe",
    "expected_maximum_sharpe",
    "lead_over",
    "minimum_track_record",
    "near_copies",
    "probabilistic_sharpe",
    "sharpe_interval",
    "side_by_side",
    "superior_strategies",
]
