"""Buying what fell fast: long from an oversold RSI until it has recovered."""

from collections.abc import Mapping

from market.arrays import Floats
from market.strategies.core.base import Strategy
from market.strategies.core.parameters import Float, Int


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
        if x[0] < p[1]:
            s[0] = 1.0
        elif x[0] > p[2]:
            s[0] = 0.0
        return float(s[0])

    @classmethod
    def relations(cls, values: Mapping[str, float]) -> dict[str, str]:
        if values["low"] < values["high"]:
            return {}
        return {"low": f"low={values['low']}: expected below high={values['high']}"}
