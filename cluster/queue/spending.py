"""What jobs of all users may have together: from the settings, and from rows of jobs that ran."""

from datetime import datetime

from cluster.queue.rules.budget import Budget, Run
from cluster.queue.rules.limits import Together
from cluster.settings import Settings
from cluster.stores.postgres import Connection, sql


def together(connection: Connection, settings: Settings, *, now: datetime) -> Together:
    """The limits as they stand at that moment."""
    budget = read_budget(connection, settings, now=now)
    bound = _bound(connection, budget, now=now) if budget else 0.0
    return Together(settings.jobs_at_once, budget, bound)


def read_budget(connection: Connection, settings: Settings, *, now: datetime) -> Budget | None:
    """What the settings allow, with the hours that each kind of job runs; None without a budget."""
    if settings.budget_usd_per_day is None:
        return None
    rows = connection.execute(sql("list_typical_hours"), {"now": now})
    hours = {row["kind"]: row["hours"] for row in rows}
    rates = {str(pool): machines for pool, machines in settings.pool_rates.items()}
    return Budget(settings.budget_usd_per_day, rates, hours)


def _bound(connection: Connection, budget: Budget, *, now: datetime) -> float:
    """Dollars of this day (UTC) that are spent or under way."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = connection.execute(sql("list_runs_since"), {"day": day})
    return budget.bound((Run(**row) for row in rows), day=day, now=now)
