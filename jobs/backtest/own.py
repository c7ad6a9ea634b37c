"""A backtest of a strategy of one's own: checked for leaks before its first run, and shipped to its job."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime

from cluster.own_code.functions import stdout_to_stderr
from cluster.own_code.references import is_own
from cluster.own_code.shipping import ship
from cluster.queue.rules.kinds import BACKTEST
from cluster.requests.backtest import BacktestRequest
from cluster.requests.job import JobRequest
from cluster.settings import Settings
from cluster.stores import places
from jobs.backtest.plan import BacktestPlan


def prints_aside(request: BacktestRequest) -> AbstractContextManager[None]:
    """While code of one's own is loaded and run, what it prints goes to standard error."""
    return stdout_to_stderr() if is_own(request.strategy) else nullcontext()


def cleared(plan: BacktestPlan, settings: Settings, *, now: datetime) -> BacktestPlan:
    """The plan with the record of the leak check of its strategy; what is shipped needs none.

    What was not checked before is checked now. Raises `BadInput` for one that looks ahead.
    """
    if plan.chosen.code is None:
        return plan
    # pandas and the leak check, a second that only code of one's own pays.
    from cluster.own_code.first_run import require_clean  # noqa: PLC0415

    record = require_clean(
        plan.request.strategy,
        plan.parameters,
        reference=plan.chosen.name,
        source_hash=plan.source_hash,
        library=plan.code["market"],
        results=places.results(settings),
        now=now,
    )
    return replace(plan, leak_check=record)


def job_request(plan: BacktestPlan, settings: Settings) -> JobRequest:
    """The queue's request for a plan; code of one's own is stored as a bundle and goes along.

    Raises `BadInput` for code that can't travel: too large, with secrets, hiding a module, or changed
    since it was planned.
    """
    if plan.chosen.code is None:
        return BACKTEST.job(plan.request)
    bundle = ship(settings, plan.chosen.code)
    # There its file lies in the working directory, wherever it was here.
    request = plan.request.model_copy(update={"strategy": plan.chosen.name})
    return BACKTEST.job(request, bundle=bundle.sha256)
