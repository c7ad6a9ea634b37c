"""The Serve application: a deployment without a route, whose replica runs the control loops."""

import asyncio
from contextlib import suppress
from threading import Event
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, PositiveFloat
from ray.serve import Application

from cluster import logs
from cluster.clock import utc_now
from cluster.jobs.loop import Loop
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
        self._jobs = Loop(settings, clock=utc_now)
        self._stop = Event()
        self._ended = asyncio.Event()
        self._task = asyncio.create_task(forever(self._run_jobs))

    def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Take new waits without a restart."""
        config = ControlConfig.model_validate(user_config)
        self._jobs.busy_s, self._jobs.idle_s = config.busy_s, config.idle_s

    def check_health(self) -> None:
        """Unhealthy only where the loop itself is gone: PostgreSQL being away heals by itself."""
        if self._task.done():
            raise RuntimeError("the job loop's task has ended")

    async def __del__(self) -> None:
        """Serve awaits it as the replica stops: the lease is given back."""
        self._stop.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), _STOP_S)
        await stop(self._task)

    async def _run_jobs(self) -> None:
        # It waits on sockets: in a thread of its own, and the replica's event loop stays free.
        await asyncio.to_thread(self._jobs.run, self._stop)
        self._ended.set()


def build(_args: dict[str, str]) -> Application:
    """The application, for Serve's configuration (`import_path: deployments.control.app:build`)."""
    return application("Control", Control)
