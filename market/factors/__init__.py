"""Factor research: does a value known today order the returns that follow, and what would it trade.

`factor` (t, n) holds a value of n instruments at t dates, `forward` (t, n) the return from each date
on over the horizon asked about; NaN where there is none, and then neither counts. Definitions are
those of alphalens, with the differences that ``docs/statistics.md`` names. `groups` are n labels:
returns then count less the mean of their group at their date, as a group-neutral portfolio earns
them. Forward returns that overlap are not independent: a mean of information coefficients over
h-session returns has about t / h observations, not t.
"""

from market.factors.coefficients import (
    decay,
    forward_returns,
    information_coefficient,
    rank_autocorrelation,
)
from market.factors.neutral import neutralise
from market.factors.quantiles import quantile_returns, quantile_turnover, quantiles, spread

__all__ = [
    "decay",
    "forward_returns",
    "information_coefficient",
    "neutralise",
    "quantile_returns",
    "quantile_turnover",
    "quantiles",
    "rank_autocorrelation",
    "spread",
]
