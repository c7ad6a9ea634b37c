"""Runs whose driver was killed have failed: `backtests.submission_id`, the view `backtest_runs`."""

from alembic import op

from cluster.stores.migrate import ddl

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(ddl("0008_killed_backtests"))


def downgrade() -> None:
    op.execute("DROP VIEW backtest_runs")
    op.execute("ALTER TABLE backtests DROP COLUMN submission_id")
