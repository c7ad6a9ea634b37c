"""Buying what fell fast: long from an oversold RSI until it has recovered."""

from collections.abc import Mapping

from market.arrays import Floats
from market.parameters import Refusal, rising
from market.strategies.core.base import Strategy
from market.strategies.core.parameters import Float, Int

_HELD = 0  # state: 1 while long


class RsiReversion(Strategy):
    """Long once the RSI is below `low`, until it is above `high`.

    `window` is in sessions, `low` and `high` in points of the RSI, 0 to 100.
    """

    name = "rsi-reversion"
    window = Int(14, 2, 100)
    low, high = Float(30.0, 5.0, 50.0), Float(55.0, 30.0, 95.0)
    inputs = ("rsi:{window}",)
    state_size = 1

    @staticmethod
    def step(s: Floats, x: Floats, p: Floats) -> float:
        rsi, low, high = x[0], p[1], p[2]
        if rsi < low:
            s[_HELD] = 1.0
        elif rsi > high:
            s[_HELD] = 0.0
        return float(s[_HELD])

    @classmethod
    def relations(cls, values: Mapping[str, float]) -> tuple[Refusal, ...]:
        return rising(values, "low", "high")
