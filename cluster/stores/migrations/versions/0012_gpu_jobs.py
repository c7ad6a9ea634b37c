"""Jobs of GPU pools keep no CPUs: `jobs.cpus` may be 0."""

from alembic import op

from cluster.stores.migrate import ddl

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(ddl("0012_gpu_jobs"))


def downgrade() -> None:
    # What ran there before had the default of a driver.
    op.execute("UPDATE jobs SET cpus = 0.1 WHERE cpus = 0")
    op.execute(
        "ALTER TABLE jobs DROP CONSTRAINT jobs_cpus_check, "
        "ADD CONSTRAINT jobs_cpus_check CHECK (cpus > 0)"
    )
