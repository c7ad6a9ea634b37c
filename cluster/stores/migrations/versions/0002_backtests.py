"""The table `backtests`."""

from alembic import op

from cluster.stores.migrate import ddl

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(ddl("0002_backtests"))


def downgrade() -> None:
    op.execute("DROP TABLE backtests")
