"""Counter-based random streams: any instrument's any day is drawn alone, in any order.

A stream is a Philox generator with a key of its own. A row (a day, a minute, a second) always takes
the same number of draws, so row k starts at a known counter. Values come from inverse distribution
functions, one draw each: a rejection method would take an unknown number.
"""

import math
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from market.arrays import Floats

_DRAWS_PER_COUNT = 4  # Philox4x64 gives four 64-bit words for each value of its counter


class Stream(IntEnum):
    """What a stream is for. The numbers are part of the market's definition: never reuse one."""

    CHARACTER = 0
    MARKET = 1
    SECTOR = 2
    DAILY = 3
    MINUTE = 4
    TICK = 5
    # Worlds (market/worlds) draw from their own, so that neither market moves the other.
    WORLD_REGIME = 16
    WORLD_MARKET = 17
    WORLD_SECTOR = 18
    WORLD_CHARACTER = 19
    WORLD_DAILY = 20
    WORLD_MINUTE = 21
    WORLD_EVENT = 22
    WORLD_MEMBER = 23
    WORLD_RESTATEMENT = 24
    WORLD_FAULT = 25


def uniforms(
    seed: int, stream: Stream, member: int, *, first: int, rows: int, width: int
) -> Floats:
    """Rows ``first`` to ``first + rows`` of a stream, shape (rows, width), in the open (0, 1).

    ``width`` is the number of draws of a row, a multiple of four.
    """
    # Stream and member each have half of a word, so no two of them share a key.
    key = np.array([seed, (int(stream) << 32) | member], dtype=np.uint64)
    philox = np.random.Philox(key=key, counter=first * width // _DRAWS_PER_COUNT)
    raw: NDArray[np.uint64] = philox.random_raw(rows * width)
    # 52 bits and a half: exact in float64, and never 0 or 1.
    raw >>= np.uint64(12)
    values = raw.astype(np.float64)
    values += 0.5
    values *= 2.0**-52
    return values.reshape(rows, width)


def normal(u: Floats) -> Floats:
    """Standard normal values of uniform ones."""
    values: Floats = ndtri(u)
    return values


def student4(u: Floats) -> Floats:
    """Student t values with four degrees of freedom, scaled to variance one.

    The quantile function has a closed form for four degrees (Shaw 2006, section 4.2).
    """
    root = np.sqrt(4.0 * u * (1.0 - u))
    # At the median it is 0, and rounding may take it below.
    spread = np.sqrt(np.maximum(np.cos(np.arccos(root) / 3.0) / root - 1.0, 0.0))
    values: Floats = np.sign(u - 0.5) * spread * np.sqrt(2.0)  # t is 2 * spread, variance 2
    return values


def between(u: float, low: float, high: float) -> float:
    """A log-uniform value from ``low`` to ``high``."""
    return low * math.exp(u * math.log(high / low))
