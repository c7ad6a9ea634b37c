"""The table of control loops: a new loop is a row here and a function.

Each row that is written in a loop's tables tells its channel, by a trigger of the migration that
made them: a job that is queued, a notice that waits, an application or model that is wanted.
"""

from typing import Final

from cluster.control.loop import Loop
from cluster.queue.mover import moving
from cluster.schedules.planner import planning
from deployments.reconcile import reconciling

JOBS: Final = Loop("jobs", moving, period_s=2.0, busy_s=0.5, channels=("trii_jobs",))
SCHEDULES: Final = Loop("schedules", planning, period_s=5.0, channels=("trii_notices",))
RECONCILE: Final = Loop(
    "reconcile", reconciling, period_s=5.0, busy_s=0.5, channels=("trii_desired",)
)

OF_THE_DATABASE: Final = (JOBS, SCHEDULES)
"""One leader a database: two clusters on it, while one takes the other's place, have one queue."""
OF_THE_CLUSTER: Final = (RECONCILE,)
"""One leader a cluster: each brings its own Serve to what its own rows want."""
