"""Closes for strategies: seeded walks, with and without missing bars."""

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
