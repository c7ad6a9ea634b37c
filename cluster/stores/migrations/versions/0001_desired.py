"""The table `desired`."""

from alembic import op

from cluster.stores.migrate import ddl

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(ddl("0001_desired"))


def downgrade() -> None:
    op.execute("DROP TABLE desired; DROP SEQUENCE desired_epoch")
