"""What a check puts in place of the bars after a cut."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from market.arrays import Floats

_SHAKE = 0.05  # standard deviation of a replaced session's log return
_DAY = pd.Timedelta(days=1)
_PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True)
class Future:
    """How the bars after a cut are replaced.

    ``level`` multiplies prices and volume, ``length`` the number of bars, ``kept`` is the share of
    the sessions that remain: where some go, the first after the cut is one of them.
    """

    name: str
    level: float
    length: float = 1.0
    kept: float = 1.0


FUTURES = (
    Future("future seven times as high", 7.0),
    Future("future at a seventh", 1 / 7),
    Future("longer future", 1.5, length=1.6),
    Future("shorter future with gaps", 0.6, length=0.7, kept=0.6),
)
DOSES = tuple(Future(f"future times {dose:g}", dose) for dose in (2.0, 1e3, 1e6, 1e9))


def replaced(bars: pd.DataFrame, row: int, future: Future, *, seed: int) -> pd.DataFrame:
    """The bars up to ``row`` as they are, and another path after it. The same for the same seed."""
    rng = np.random.default_rng([seed, row])
    ahead = _sessions_ahead(bars, row, future, rng)
    # From the last close that is known: the cut may lie in a gap.
    _set_prices(ahead, float(_last_known(bars["close"].to_numpy()[: row + 1])), future.level, rng)
    for name in ahead.columns.difference([*_PRICES, "session"]):
        column = ahead[name]
        if pd.api.types.is_float_dtype(column):
            shaken = rng.permutation(column.to_numpy()) * future.level
            ahead[name] = shaken * np.exp(rng.normal(0, 0.5, len(ahead)))
        else:
            ahead[name] = column.to_numpy()[rng.permutation(len(column))]
    return pd.concat([bars.iloc[: row + 1], ahead], ignore_index=True)


def _sessions_ahead(
    bars: pd.DataFrame, row: int, future: Future, rng: np.random.Generator
) -> pd.DataFrame:
    """Rows after the cut: fewer or more of them, some left out."""
    own = len(bars) - 1 - row
    count = max(round(own * future.length), 1)
    ahead = bars.iloc[row + 1 : row + 1 + count]
    if count > own:
        more = pd.concat([ahead.iloc[[-1]]] * (count - own))
        more["session"] += _DAY * np.arange(1, len(more) + 1)
        ahead = pd.concat([ahead, more])
    stays: NDArray[np.bool_] = rng.random(len(ahead)) < future.kept
    # The first session after the cut is the one that a function reading one row ahead takes.
    stays[0] = future.kept == 1.0
    # Something must be left, or there is no future to tell from another.
    stays[-1] = True
    return ahead[stays].reset_index(drop=True)


def _set_prices(ahead: pd.DataFrame, close: float, level: float, rng: np.random.Generator) -> None:
    """A random walk from ``level`` times the last close; columns that hold nothing stay empty."""
    moves = np.exp(np.cumsum(rng.normal(0, _SHAKE, (len(ahead), 2)).ravel()))
    path = (close * level * moves).reshape(-1, 2)
    wide: Floats = np.exp(np.abs(rng.normal(0, _SHAKE, (len(ahead), 2))))
    new = {
        "open": path[:, 0],
        "high": path.max(axis=1) * wide[:, 0],
        "low": path.min(axis=1) / wide[:, 1],
        "close": path[:, 1],
    }
    for name, values in new.items():
        if name in ahead.columns and not ahead[name].isna().all():
            ahead[name] = values


def _last_known(closes: Floats) -> float:
    known = closes[np.isfinite(closes)]
    return float(known[-1]) if len(known) else 1.0
