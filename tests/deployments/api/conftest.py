import pytest

from cluster.settings import Settings
from deployments.api.app import make_api


@pytest.fixture
def api_settings(lake_path):
    """A home whose lake is the tests' lake; nothing listens at its other addresses."""
    return Settings(home=lake_path.parent, postgres_port=1, mlflow_port=1)


@pytest.fixture
def client(api_settings, client_of, now):
    return client_of(make_api(api_settings, clock=lambda: now))
