"""A job's bundle: `jobs.bundle`."""

from alembic import op

from cluster.stores.migrate import ddl

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(ddl("0006_bundles"))


def downgrade() -> None:
    op.execute("ALTER TABLE jobs DROP COLUMN bundle")
