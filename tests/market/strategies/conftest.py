"""Bars for strategies: seeded walks, with and without missing bars."""

import numpy as np
import pytest


@pytest.fixture
def walks():
    """A function that makes closes (n, k) of seeded random walks."""

    def make(n: int = 420, k: int = 6, *, seed: int = 3, missing: float = 0.0) -> np.ndarray:
        rng = np.random.default_rng(seed)
        close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.015, (n, k)), axis=0))
        close[rng.random((n, k)) < missing] = np.nan
        return close

    return make


@pytest.fixture
def whole_bars(walks):
    """A function that makes fields of bars (k, n) around such walks; opens are the closes before."""

    def make(n: int = 420, k: int = 6, *, seed: int = 3, missing: float = 0.0) -> dict:
        rng = np.random.default_rng(seed + 1)
        close = np.ascontiguousarray(walks(n, k, seed=seed).T)
        opened = np.concatenate([close[:, :1], close[:, :-1]], axis=1)
        fields = {
            "open": opened,
            "high": np.maximum(opened, close) * (1 + rng.uniform(0, 0.01, (k, n))),
            "low": np.minimum(opened, close) * (1 - rng.uniform(0, 0.01, (k, n))),
            "close": close,
            "volume": rng.uniform(1e5, 2e5, (k, n)).round(),
        }
        holes = rng.random((k, n)) < missing
        for values in fields.values():
            values[holes] = np.nan
        return fields

    return make
