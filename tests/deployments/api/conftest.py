import pytest

from cluster.settings import Settings
from deployments.api.app import make_api
from tests.databases import database as database  # noqa: PLC0414 - a fixture is found by its name
from tests.queues import queued as queued  # noqa: PLC0414


@pytest.fixture
def api_settings(lake_path):
    """A home whose lake is the tests' lake; nothing listens at its other addresses."""
    return Settings(home=lake_path.parent, postgres_port=1, mlflow_port=1)


@pytest.fixture
def client(api_settings, client_of, now):
    return client_of(make_api(api_settings, clock=lambda: now))
