"""The tables of the job queue: `jobs`, `job_attempts`, `leases`, `quotas`."""

from alembic import op

from cluster.stores.migrate import ddl

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(ddl("0003_jobs"))


def downgrade() -> None:
    op.execute("DROP TABLE job_attempts, jobs, leases, quotas")
    op.execute("DROP FUNCTION tell_jobs; DROP SEQUENCE lease_tokens")
