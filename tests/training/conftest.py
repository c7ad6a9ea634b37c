import os
from datetime import timedelta

import numpy as np
import pytest
from skfolio.datasets import load_sp500_dataset

from cluster.registry.mlflow_client import Registry
from cluster.stores.lake.known import Past
from market.bars import Bars
from market.features import CLOSE_VOLATILITY
from market.labels import volatility_regime
from tests.databases import data_at
from training import manifests
from training.dataset import build_panel


def bars(instrument_id: str, days: np.ndarray, close: np.ndarray) -> Bars:
    """Close-only daily bars, known at the end of their day."""
    missing, opens = np.full(len(close), np.nan), days.astype("datetime64[us]")
    known = opens + np.timedelta64(timedelta(days=1))
    return Bars(instrument_id, opens, days, missing, missing, missing, close, missing, known)


@pytest.fixture(scope="session")
def sample():
    """The 20 sample equities as they were known: closes that nobody restated."""
    prices = load_sp500_dataset()
    days = prices.index.to_numpy().astype("datetime64[D]")
    return [
        Past.of(bars(f"sample:{one}", days, prices[one].to_numpy(float))) for one in prices.columns
    ]


@pytest.fixture(scope="session")
def panel(sample):
    return build_panel(sample, CLOSE_VOLATILITY, volatility_regime)


@pytest.fixture
def registry(mlflow_server, tmp_path, monkeypatch):
    """A registry whose two models are this test's own."""
    monkeypatch.setattr(manifests, "REGIME", f"regime-{tmp_path.name}")
    monkeypatch.setattr(manifests, "RETURNS", f"returns-{tmp_path.name}")
    settings = mlflow_server.model_copy(update=data_at(tmp_path))
    before = dict(os.environ)  # MLflow's client is set up through it
    yield Registry.from_settings(settings)
    os.environ.clear()
    os.environ.update(before)
