"""What should run is said by cluster, and how far each has come: `desired.cluster`, `reached`."""

from alembic import op

from cluster.stores.migrate import ddl

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(ddl("0009_reached"))


def downgrade() -> None:
    op.execute("DROP TRIGGER tell ON desired")
    op.execute("DROP FUNCTION tell_desired")
    op.execute("DROP TABLE reached")
    op.execute("DELETE FROM desired WHERE cluster <> 'laptop'")
    op.execute("ALTER TABLE desired DROP COLUMN cluster")
    op.execute("ALTER TABLE desired ADD PRIMARY KEY (kind, name)")
