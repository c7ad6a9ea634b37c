"""The worker: does the tasks that were entered for later, by procrastinate."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Final

from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job

from cluster.clock import Clock
from cluster.errors import TriiError
from cluster.logs import get_logger
from cluster.notices.delivery import TryAgain, deliver
from cluster.schedules.starting import start
from cluster.settings import Settings
from cluster.stores.connections import TASKS_AT_ONCE
from cluster.stores.tasks import DELIVER, QUEUE, START

_UNEXPECTED_S: Final = 30
# Four beats have to be missed: one that is late is no death.
_BEAT_S, _DEAD_S = 5.0, 20.0
_STOP_S: Final = 15.0
_EVERY_20_S: Final = "* * * * * */20"  # the sixth field is seconds


class Waits(BaseRetryStrategy):
    """As long as the attempt says; what it did not foresee, such as a lost database, half a minute.

    Never given up here: the row of the occurrence or delivery says when it has ended.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        if isinstance(exception, TryAgain):
            return RetryDecision(retry_in={"seconds": exception.wait_s})
        why = str(exception) if isinstance(exception, TriiError) else type(exception).__name__
        get_logger().warning("task failed, to be done again", task=job.task_name, why=why)
        return RetryDecision(retry_in={"seconds": _UNEXPECTED_S})


def make_app(settings: Settings, *, clock: Clock) -> App:
    """The tasks, on connections of their own as the serving role."""
    app = App(
        connector=PsycopgConnector(
            conninfo=settings.postgres_dsn("serve"), min_size=1, max_size=TASKS_AT_ONCE
        )
    )

    @app.task(name=DELIVER, queue=QUEUE, retry=Waits())
    async def _deliver(notice_id: str, channel: str) -> None:
        # In a thread: it blocks for seconds, and the worker's heartbeat comes from this loop.
        await asyncio.to_thread(deliver, settings, notice_id, channel, clock=clock)

    @app.task(name=START, queue=QUEUE, retry=Waits())
    async def _start(schedule: str, due_at: str) -> None:
        due = datetime.fromisoformat(due_at)
        await asyncio.to_thread(start, settings, schedule, due, clock=clock)

    @app.periodic(cron=_EVERY_20_S)
    # However many workers there are, one of these waits at a time.
    @app.task(name="revive", queue=QUEUE, queueing_lock="revive")
    async def _revive(timestamp: int) -> None:  # noqa: ARG001 - procrastinate gives it
        await revive(app)

    return app


async def work(settings: Settings, *, clock: Clock) -> None:
    """Work until cancelled, however often; what has begun is finished first.

    Any number may work at once, and nothing is done twice. Raises what ended the worker, such as
    PostgreSQL going away: call it again.
    """
    async with make_app(settings, clock=clock).open_async() as app:
        worker = asyncio.create_task(run_worker(app))
        try:
            # `wait` hands no cancellation on: the worker hears of it once, below.
            await asyncio.wait([worker])
        finally:
            worker.cancel()
            await _end(worker)
    worker.result()


async def _end(worker: asyncio.Task[None]) -> None:
    """Wait for its end; being cancelled again does not cut it short."""
    while not worker.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([worker])


async def run_worker(app: App) -> None:
    """Work until cancelled; what has begun is finished. Raises where PostgreSQL goes away."""
    await app.run_worker_async(
        queues=[QUEUE],
        concurrency=TASKS_AT_ONCE,
        # How a task ended stands in rows of ours; procrastinate's would only pile up.
        delete_jobs="always",
        install_signal_handlers=False,
        update_heartbeat_interval=_BEAT_S,
        stalled_worker_timeout=_DEAD_S,
        shutdown_graceful_timeout=_STOP_S,
    )


async def revive(app: App) -> None:
    """Have done again what a worker had begun that gives no sign of life any more."""
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_DEAD_S)
    for job in stalled:
        await app.job_manager.retry_job(job)
