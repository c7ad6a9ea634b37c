"""The step of `trii up` that brings the database schema up to date."""

from cluster.settings import Settings
from cluster.stores.migrate import upgrade


def migrate(settings: Settings, _report: object) -> str:
    """Run the migrations that are missing."""
    before, after = upgrade(settings)
    return f"revision {after}" if before == after else f"revision {before or 'none'} → {after}"
