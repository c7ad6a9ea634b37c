"""Labels: what is predicted, each with the row at which it is known, and what each row counts for."""

from market.labels.barriers import triple_barrier
from market.labels.measures import (
    Labels,
    forward_return,
    forward_sign,
    realised_volatility,
    volatility_regime,
)
from market.labels.uniqueness import uniqueness

__all__ = [
    "Labels",
    "forward_return",
    "forward_sign",
    "realised_volatility",
    "triple_barrier",
    "uniqueness",
    "volatility_regime",
]
