"""Feature sets beside a pandas implementation of the same columns, in one run: times and a ratio.

    PYTHONPATH=. python bench/features.py

The default set over 100 instruments of ten years, one process and one thread; then the set across
the universe at every session, and at one barrier as serving computes it. Values are compared first.
"""

import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd

from market.features import CLOSE_CROSS_SECTION, CLOSE_VOLATILITY, BasePanel

INSTRUMENTS, SESSIONS, ROUNDS = 100, 2520, 7
SPANS = (5, 21, 63, 252)


def main() -> None:
    """Print the tables."""
    draws = np.random.default_rng(7)
    close = 100 * np.exp(draws.normal(0, 0.01, (INSTRUMENTS, SESSIONS)).cumsum(axis=1))
    default_set(close)
    universe_set(close)


def default_set(close: np.ndarray) -> None:
    """The default set; the peer computes all instruments in one frame, and then one by one."""
    chosen = CLOSE_VOLATILITY
    names = ", ".join(chosen.names)
    print(f"{chosen.name} v{chosen.version}, {len(chosen.names)} columns: {names}")

    def ours() -> np.ndarray:
        return np.stack([chosen.compute(one) for one in close])

    frame = pd.DataFrame(close.T)
    compare(ours, lambda: np.stack([one.to_numpy().T for one in with_pandas(frame)], axis=2))
    tails = close[:, -chosen.lookback :]
    latest, single, one_by_one = fastest(
        lambda: [chosen.latest(one) for one in tails],
        lambda: [chosen.compute(one) for one in close[:10]],
        lambda: [with_pandas(pd.DataFrame(one)) for one in close[:10]],
    )
    print(f"  one instrument a call: pandas {one_by_one / single:.1f} times ours")
    print(f"  the last row of each, as serving: {latest / INSTRUMENTS * 1e6:.0f} us an instrument")


def with_pandas(close: pd.DataFrame) -> list[pd.DataFrame]:
    """The 18 columns in order, each a frame of sessions by instruments."""
    log = np.log(close)
    change = log.diff()
    volatility = {w: np.sqrt(change.pow(2).rolling(w).mean()) for w in SPANS}
    usual = volatility[21].rolling(1260).median()
    losses = np.sqrt(change.clip(upper=0).pow(2).rolling(63).mean())
    return [
        *(log.diff(w) for w in (1, *SPANS)),
        *volatility.values(),
        *(np.log(volatility[a] / volatility[b]) for a, b in pairwise(SPANS)),
        losses / volatility[63],
        np.log(close / close.rolling(252).max()),
        *(np.log(volatility[w] / usual) for w in SPANS),
    ]


def universe_set(close: np.ndarray) -> None:
    """The set across the universe from base values that are there; all are members and on time."""
    chosen = CLOSE_CROSS_SECTION
    names = ", ".join(chosen.names)
    print(f"{chosen.name} v{chosen.version}, {len(chosen.names)} columns: {names}")
    base = np.stack([chosen.base.compute(one) for one in close], axis=1)
    shut = np.datetime64("2015-01-01T21:00", "us") + np.arange(SESSIONS) * np.timedelta64(1, "D")
    member = np.ones((SESSIONS, INSTRUMENTS), dtype=bool)

    def at(rows: slice) -> np.ndarray:
        known = np.repeat(shut[rows, np.newaxis], INSTRUMENTS, axis=1)
        panel = BasePanel(ids, shut[rows].astype("datetime64[D]"), base[rows], known)
        got = chosen.compute(panel, member=member[rows], session_close=shut[rows])
        assert len(got.barrier.member_hash) == len(known)
        return got.features

    ids = tuple(f"bench:{k:03}" for k in range(INSTRUMENTS))
    frames = {
        name: pd.DataFrame(base[:, :, k]).where(np.isfinite(base).all(axis=2))
        for k, name in enumerate(chosen.base.names)
    }
    compare(lambda: at(slice(None)), lambda: across_pandas(frames))
    (one,) = fastest(lambda: at(slice(SESSIONS - 1, SESSIONS)))
    print(f"  one barrier, as serving: {one * 1e6:.0f} us")


def across_pandas(base: dict[str, pd.DataFrame]) -> np.ndarray:
    """The six columns, sessions by instruments by columns."""

    def rank(name: str) -> pd.DataFrame:
        values = base[name]
        return (values.rank(axis=1) - 1).div(values.count(axis=1) - 1, axis=0)

    def relative(name: str) -> pd.DataFrame:
        return base[name].sub(base[name].mean(axis=1), axis=0)

    volatility = base["volatility_21"]
    low, high = volatility.quantile(0.025, axis=1), volatility.quantile(0.975, axis=1)
    drawn = volatility.clip(low, high, axis=0)
    score = drawn.sub(drawn.mean(axis=1), axis=0).div(drawn.std(axis=1, ddof=0), axis=0)
    month = base["return_21"]
    share = (month > 0).sum(axis=1) / month.count(axis=1)
    breadth = month.notna().mul(share, axis=0).where(month.notna())
    columns = [rank("return_21"), rank("return_252"), score]
    columns += [relative("return_1"), relative("return_21"), breadth]
    return np.stack([one.to_numpy() for one in columns], axis=2)


def compare(ours: Callable[[], np.ndarray], peer: Callable[[], np.ndarray]) -> None:
    """Raises unless both agree to 1e-9 of the value, then prints both times."""
    np.testing.assert_allclose(ours(), peer(), rtol=1e-9, atol=1e-12)
    mine, theirs = fastest(ours, peer)
    print(
        f"  {INSTRUMENTS} instruments x {SESSIONS} sessions: ours {mine * 1e3:.0f} ms, pandas "
        f"{theirs * 1e3:.0f} ms, {theirs / mine:.1f} times ours; values equal to 1e-9"
    )


def fastest(*works: Callable[[], object]) -> list[float]:
    """Seconds of each, the least of ROUNDS rounds in turn, after one call to warm up."""
    for work in works:
        work()
    least = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for place, work in enumerate(works):
            started = time.perf_counter()
            work()
            least[place] = min(least[place], time.perf_counter() - started)
    return least


if __name__ == "__main__":
    main()
