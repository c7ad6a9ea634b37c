"""Runs whose own process is gone are lost: `backtests.held`, and `lost` in the view `backtest_runs`."""

from alembic import op

from cluster.stores.migrate import ddl

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(ddl("0011_lost_backtests"))


def downgrade() -> None:
    op.execute("DROP VIEW backtest_runs")
    # The view as it was, without its first statement, which added a column.
    op.execute(ddl("0008_killed_backtests").split(";", 1)[1])
    op.execute("ALTER TABLE backtests DROP COLUMN held")
