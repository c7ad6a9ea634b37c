"""Schedules and notices, and procrastinate's own tables for what is done later."""

from pathlib import Path

from alembic import op
from procrastinate.schema import SchemaManager

from cluster.stores.migrate import ddl

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# procrastinate never changes a migration that it has published. Those that come after this one
# belong in a revision of ours, written when the version in constraints.txt is raised.
LAST = "03.04.00_50"


def upgrade() -> None:
    for file in sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql")):
        if file.name[: len(LAST)] <= LAST:
            op.get_bind().exec_driver_sql(file.read_text().replace("%", "%%"))
    op.execute(ddl("0005_schedules"))


def downgrade() -> None:
    op.execute("DROP TRIGGER notice_failed ON jobs")
    op.execute("DROP TABLE deliveries, notices, schedule_runs, schedules")
    op.execute("DROP FUNCTION notice_failed_job, tell_notices")
    op.execute("DROP TABLE procrastinate_events, procrastinate_periodic_defers CASCADE")
    op.execute("DROP TABLE procrastinate_jobs, procrastinate_workers CASCADE")
    op.execute(
        "DO $$ DECLARE one record; BEGIN "
        "FOR one IN SELECT oid::regprocedure AS name FROM pg_proc "
        "WHERE proname LIKE 'procrastinate\\_%' LOOP "
        "EXECUTE 'DROP FUNCTION ' || one.name || ' CASCADE'; END LOOP; END $$"
    )
    op.execute("DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_status")
    op.execute("DROP TYPE procrastinate_job_event_type")
