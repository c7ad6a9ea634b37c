"""How plain MLflow loads our models: `mlflow.pyfunc.load_model("models:/volatility-regime@champion")`.

Named as `loader_module` in each logged model, so that nothing is pickled.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from cluster.registry import artifact
from cluster.registry.runner import ModelRunner
from market.arrays import Floats


class PlainModel:
    """MLflow's view of a runner: a frame or array of features (m, k) to answers."""

    def __init__(self, runner: ModelRunner) -> None:
        self.runner = runner

    def predict(self, model_input: pd.DataFrame | Floats, params: object = None) -> Floats:  # noqa: ARG002 - MLflow's signature
        return self.runner.predict(np.asarray(model_input, dtype=np.float64))


def _load_pyfunc(path: str) -> PlainModel:
    """MLflow's entry point; the checksum is the folder's own, for MLflow has no other here."""
    folder = Path(path)
    return PlainModel(ModelRunner.load(folder, sha256=artifact.digest(folder)))
