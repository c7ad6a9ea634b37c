"""Performance statistics beside empyrical-reloaded and quantstats in one run: times and ratios.

    pip install -r bench/requirements.txt; PYTHONPATH=. python bench/metrics.py

Ten years of daily returns and a benchmark. Each peer is given what it takes (a dated pandas series,
made outside the timing), and only what it has under the same definition; values are compared first.
"""

import time
import warnings
from collections.abc import Callable, Mapping

import empyrical
import numpy as np
import pandas as pd
import quantstats

from market.statistics import summary
from tests.market.statistics.test_references import EMPYRICAL, OURS, QUANTSTATS, YEAR

SESSIONS, ROUNDS, CALLS = 2520, 15, 5
Call = Callable[[], float]


def main() -> None:
    """Print the table, then what a whole summary takes."""
    warnings.simplefilter("ignore")  # of what newer pandas deprecates in the peers
    draws = np.random.default_rng(7)
    market = draws.normal(3e-4, 0.01, SESSIONS)
    returns = 0.8 * market + draws.normal(1e-4, 0.006, SESSIONS)
    dates = pd.DatetimeIndex(pd.bdate_range("2010-01-04", periods=SESSIONS))
    dated = pd.Series(returns, dates), pd.Series(market, dates)
    ours = {name: lambda call=call: call(returns, market) for name, call in OURS.items()}
    print(f"{SESSIONS} returns, us a call{'':7}ours{'empyrical':>12}{'quantstats':>12}   ratios")
    theirs = (bound(EMPYRICAL, empyrical, dated), bound(QUANTSTATS, quantstats.stats, dated))
    ratios = [row(name, call, [peer.get(name) for peer in theirs]) for name, call in ours.items()]
    for place, title in enumerate(("empyrical", "quantstats")):
        there = [ratio[place] for ratio in ratios if np.isfinite(ratio[place])]
        print(
            f"{title}: {min(there):.1f} to {max(there):.1f} times ours, median {np.median(there):.1f}"
        )
    spent = fastest(lambda: summary(returns, sessions_per_year=YEAR))
    print(f"all of a summary: {spent * 1e6:.0f} us")


def bound(
    calls: Mapping[str, Callable[..., float]], library: object, series: tuple[pd.Series, pd.Series]
) -> dict[str, Call]:
    """The peer's calls over its own series."""
    return {name: lambda call=call: call(library, *series) for name, call in calls.items()}


def row(name: str, ours: Call, peers: list[Call | None]) -> list[float]:
    """Prints one line; gives how many times ours each peer takes, NaN where it has no such thing."""
    for peer in peers:
        if peer is not None:
            np.testing.assert_allclose(ours(), peer(), rtol=1e-9, err_msg=name)
    spent = [fastest(one) if one is not None else float("nan") for one in (ours, *peers)]
    ratios = [one / spent[0] for one in spent[1:]]
    figures = "".join(f"{one * 1e6:12.1f}" for one in spent)
    print(f"{name:20}{figures}   {'  '.join(f'{one:6.1f}' for one in ratios)}")
    return ratios


def fastest(call: Call) -> float:
    """Seconds a call, the least of ROUNDS rounds."""
    call()
    least = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(CALLS):
            call()
        least = min(least, (time.perf_counter() - began) / CALLS)
    return least


if __name__ == "__main__":
    main()
