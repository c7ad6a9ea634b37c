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
    before = ddl("0008_killed_backtests")
    op.execute(before[before.index("CREATE VIEW") :])  # without the column that it added
    op.execute("ALTER TABLE backtests DROP COLUMN held")
