"""A real PostgreSQL without leases, for leaders."""

import pytest

from cluster.stores.postgres import connect


@pytest.fixture
def clean(database):
    with connect(database, "owner") as connection:
        connection.execute("TRUNCATE leases")
    return database
