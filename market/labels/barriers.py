"""Triple-barrier labels: which of a gain, a loss and a time limit comes first after a row."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market.arrays import Floats
from market.compiled import compiled
from market.errors import BadParameter, DataNotFit
from market.labels.measures import Labels


def triple_barrier(
    close: Floats, *, horizon: int, gain: float, loss: float, scale: ArrayLike = 1.0
) -> Labels:
    """1.0 where the gain comes first, -1.0 the loss, 0.0 neither within ``horizon`` sessions.

    Barriers are on closes: the log return from row t reaches ``gain * scale[t]`` or falls to
    ``-loss * scale[t]``. ``scale`` (n,), known at t, is as a rule the volatility; inf is no barrier.
    ``end`` is the row of the first touch, else t + horizon (López de Prado 2018, section 3.4).

    NaN where the close or scale of t or a close up to the end is missing, and where the horizon
    goes beyond the data, touched or not: to keep what was touched there would keep the quick alone.
    """
    close = np.ascontiguousarray(close, dtype=np.float64)
    if close.ndim != 1:
        raise DataNotFit(f"closes have shape {close.shape}: expected one dimension")
    if horizon < 1:
        raise BadParameter(f"horizon={horizon}: expected 1 or more sessions", parameter="horizon")
    for name, width in (("gain", gain), ("loss", loss)):
        if not width >= 0:
            raise BadParameter(f"{name}={width}: expected 0 or more", parameter=name)
    try:
        size = np.broadcast_to(np.asarray(scale, dtype=np.float64), close.shape).copy()
    except ValueError as exc:
        raise DataNotFit(f"scale does not fit {len(close)} closes") from exc
    value, end = _touches(close, size * gain, size * loss, horizon)
    return Labels(value, end)


@compiled
def _touches(
    close: Floats, up: Floats, down: Floats, horizon: int
) -> tuple[Floats, NDArray[np.int64]]:
    count = len(close)
    value, end = np.full(count, np.nan), np.full(count, count)
    for row in range(count - horizon):
        end[row] = row + horizon
        if not (close[row] > 0.0 and up[row] >= 0.0 and down[row] >= 0.0):
            continue
        value[row] = 0.0
        for ahead in range(row + 1, row + horizon + 1):
            # True of NaN as well: what lies behind a missing close may have touched there.
            if not close[ahead] > 0.0:
                value[row] = np.nan
                break
            move = math.log(close[ahead] / close[row])
            if move >= up[row] or move <= -down[row]:
                value[row] = 1.0 if move >= up[row] else -1.0
                end[row] = ahead
                break
    return value, end
