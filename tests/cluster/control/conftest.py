"""A real PostgreSQL without leases, for leaders."""

import pytest

from cluster.stores.postgres import connect
from tests.databases import database as database  # noqa: PLC0414 - a fixture is found by its name


@pytest.fixture
def clean(database):
    with connect(database, "owner") as connection:
        connection.execute("TRUNCATE leases")
    return database
