"""The API may add trials to the research ledger."""

from alembic import op

from cluster.stores.migrate import ddl

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(ddl("0010_trials_over_http"))


def downgrade() -> None:
    op.execute("REVOKE INSERT ON families, trials FROM trii_serve")
