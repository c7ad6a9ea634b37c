"""The tables of schedules come and go whole, and procrastinate's are those of its pinned version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from procrastinate.schema import SchemaManager
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from cluster.stores import migrate
from cluster.stores.migrate import upgrade
from cluster.stores.postgres import connect

TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
FUNCTIONS = "SELECT count(*) AS n FROM pg_proc WHERE proname LIKE 'procrastinate%'"


def test_procrastinate_has_no_migration_that_ours_does_not_run():
    # Where this fails, the new version needs a revision of ours that runs the files after this one.
    files = sorted(path.name for path in Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    assert files[-1].startswith("03.04.00_50")


def test_it_can_be_taken_back_and_made_again(database):
    config = Config()
    config.set_main_option("script_location", str(migrate._FOLDER))
    config.set_main_option("path_separator", "os")
    url = database.postgres_dsn("owner").replace("postgresql://", "postgresql+psycopg://")
    before = state(database)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
    tables, functions = state(database)
    assert not {name for name in tables if name.startswith(("procrastinate", "schedule", "notice"))}
    assert functions == 0
    upgrade(database)
    assert state(database) == before


def state(database):
    with connect(database, "owner") as connection:
        tables = sorted(row["table_name"] for row in connection.execute(TABLES))
        return tables, connection.execute(FUNCTIONS).fetchone()["n"]
