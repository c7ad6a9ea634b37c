"""The database schema: numbered migrations, run by Alembic as the owner role."""

from importlib import resources
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from cluster.settings import Settings

_FOLDER = Path(str(resources.files("cluster.stores"))) / "migrations"


def ddl(name: str) -> str:
    """The DDL file of this name; schema SQL stands in files, as every other SQL does."""
    return (_FOLDER / "ddl" / f"{name}.sql").read_text()


def upgrade(settings: Settings) -> tuple[str | None, str | None]:
    """Bring the schema to the newest revision; returns the revisions before and after.

    Idempotent. Runs in one transaction: a failed migration leaves the schema as it was.
    """
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    newest = ScriptDirectory.from_config(config).get_current_head()
    # SQLAlchemy takes the plain name for psycopg2, which is not installed.
    url = settings.postgres_dsn("owner").replace("postgresql://", "postgresql+psycopg://")
    with create_engine(url, poolclass=NullPool).begin() as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        if before != newest:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return before, newest


def migrate(settings: Settings, _report: object) -> str:
    """The step of `trii up`: run the migrations that are missing, and say which revision stands."""
    before, after = upgrade(settings)
    return f"revision {after}" if before == after else f"revision {before or 'none'} → {after}"
