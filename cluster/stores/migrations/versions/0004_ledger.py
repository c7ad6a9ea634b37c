"""The research ledger: `families`, `trials`, `lockbox_openings`."""

from alembic import op

from cluster.stores.migrate import ddl

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(ddl("0004_ledger"))


def downgrade() -> None:
    op.execute("DROP TABLE lockbox_openings, trials, families")
    op.execute("DROP FUNCTION refuse_change")
