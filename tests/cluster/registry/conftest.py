from itertools import pairwise

import numpy as np
import pytest

from cluster.registry.manifest import Manifest
from market.features import CLOSE_VOLATILITY
from market.models.forward import Network


@pytest.fixture
def manifest():
    """A factory of manifests of a small network on the close-volatility features."""

    def make(**changes):
        base = {
            "name": "volatility-regime",
            "version": "1",
            "kind": "probability",
            "algorithm": "mlp",
            "description": "test",
            "horizon": 21,
            "feature_set": CLOSE_VOLATILITY.name,
            "feature_hash": CLOSE_VOLATILITY.definition_hash,
            "universe": "sample",
            "snapshot": "b1-i1",
            "metrics": {"validation_accuracy": 0.72},
        }
        return Manifest(**{**base, **changes})

    return make


@pytest.fixture
def arrays():
    draw = np.random.default_rng(0)
    sizes = [len(CLOSE_VOLATILITY.columns), 8, 1]
    layers = [(draw.normal(size=(o, i)), draw.normal(size=o)) for i, o in pairwise(sizes)]
    network = Network.from_layers(layers)
    return {"sizes": network.sizes, "parameters": network.parameters}
