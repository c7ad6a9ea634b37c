"""An older home keeps what it wants when its rows are given a cluster."""

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from cluster.desired import store as desired
from cluster.stores import migrate
from cluster.stores.migrate import upgrade
from cluster.stores.postgres import connect


def test_what_an_older_home_wants_is_the_laptops(database):
    config = Config()
    config.set_main_option("script_location", str(migrate._FOLDER))
    config.set_main_option("path_separator", "os")
    url = database.postgres_dsn("owner").replace("postgresql://", "postgresql+psycopg://")
    with connect(database, "serve") as connection:
        desired.set_application(connection, "elsewhere", "live", {})
    with create_engine(url, poolclass=NullPool).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0008")
    with connect(database, "serve") as connection:
        connection.execute(
            "INSERT INTO desired (kind, name, spec) VALUES ('application', 'api', '{}')"
        )
    upgrade(database)
    with connect(database, "serve") as connection:
        found = desired.read(connection, database.cluster_id)
        assert (list(found.applications), found.epoch > 0) == (["api"], True)
        assert desired.read(connection, "elsewhere").applications == {}
        assert desired.read_reached(connection, database.cluster_id) is None
