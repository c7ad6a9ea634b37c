"""The Serve application: a deployment without a route, whose replica runs the control loops."""

import asyncio
from contextlib import suppress
from threading import Event
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, PositiveFloat
from ray.serve import Application

from cluster import logs
from cluster.clock import utc_now
from cluster.queue.loop import Loop
from cluster.schedules.runner import run as run_schedules
from cluster.settings import load_settings
from deployments.background import forever, stop
from deployments.serving import application

_STOP_S: Final = 5.0  # a turn that waits for Ray is not cut short


class ControlConfig(BaseModel):
    """What may change without a restart: seconds between the turns of the job loop."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    busy_s: PositiveFloat = 0.5
    idle_s: PositiveFloat = 2.0


class Control:
    """Has no `__call__` and no route: nothing is asked of it over HTTP."""

    async def __init__(self) -> None:  # type: ignore[misc]  # Serve awaits it
        settings = load_settings()
        logs.configure(service="control", level=settings.log_level, console=False)
        self._settings = settings
        self._jobs = Loop(settings, clock=utc_now)
        self._stop = Event()
        self._ended = asyncio.Event()
        self._halt = asyncio.Event()
        self._tasks = {
            "jobs": asyncio.create_task(forever(self._run_jobs)),
            "schedules": asyncio.create_task(forever(self._run_schedules)),
        }

    def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Take new waits without a restart."""
        config = ControlConfig.model_validate(user_config)
        self._jobs.busy_s, self._jobs.idle_s = config.busy_s, config.idle_s

    def check_health(self) -> None:
        """Unhealthy only where a loop itself is gone: PostgreSQL being away heals by itself."""
        gone = [name for name, task in self._tasks.items() if task.done()]
        if gone:
            raise RuntimeError(f"the loop of {' and '.join(gone)} has ended")

    async def __del__(self) -> None:
        """Serve awaits it as the replica stops: the leases are given back."""
        self._stop.set()
        self._halt.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), _STOP_S)
        for task in self._tasks.values():
            await stop(task)

    async def _run_jobs(self) -> None:
        # It waits on sockets: in a thread of its own, and the replica's event loop stays free.
        await asyncio.to_thread(self._jobs.run, self._stop)
        self._ended.set()

    async def _run_schedules(self) -> None:
        await run_schedules(self._settings, clock=utc_now, stop=self._halt)


def build(_args: dict[str, str]) -> Application:
    """The application, for Serve's configuration (`import_path: deployments.control.app:build`)."""
    return application("Control", Control)
