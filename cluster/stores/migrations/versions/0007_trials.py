"""More of a trial: `trials.data_hash`, `trials.sessions_per_year`, and an index for its pages."""

from alembic import op

from cluster.stores.migrate import ddl

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(ddl("0007_trials"))


def downgrade() -> None:
    op.execute("DROP INDEX trials_recorded")
    op.execute("ALTER TABLE trials DROP COLUMN data_hash, DROP COLUMN sessions_per_year")
