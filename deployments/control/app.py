"""The Serve application: a deployment without a route, whose replica runs the control loops."""

import asyncio
from threading import Event
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, PositiveFloat
from ray.serve import Application

from cluster import logs, waiting
from cluster.clock import utc_now
from cluster.control import leases
from cluster.control.leader import Leader
from cluster.schedules.worker import work
from cluster.settings import load_settings
from deployments.background import forever
from deployments.control.loops import JOBS, OF_THE_CLUSTER, OF_THE_DATABASE
from deployments.control.meter import Meter
from deployments.serving import application

_STOP_S: Final = 6.0  # a turn that waits for Ray is not cut short


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
        self._leader = Leader(settings, OF_THE_DATABASE, clock=utc_now)
        own = leases.of_cluster(settings.cluster_id)
        self._leaders = (
            self._leader,
            Leader(settings, OF_THE_CLUSTER, clock=utc_now, lease=own),
        )
        self._stop = Event()
        # Loops wait on sockets: in threads of their own, and the replica's event loop stays free.
        self._leading = [
            asyncio.create_task(asyncio.to_thread(leader.run, self._stop))
            for leader in self._leaders
        ]
        self._beside = [
            asyncio.create_task(forever(self._work)),
            asyncio.create_task(forever(Meter(*self._leaders).run)),
        ]

    def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Take new waits without a restart."""
        config = ControlConfig.model_validate(user_config)
        self._leader.retime(JOBS.name, period_s=config.idle_s, busy_s=config.busy_s)

    def check_health(self) -> None:
        """Unhealthy only where a thread or task itself is gone: what merely fails heals by itself."""
        if any(task.done() for task in (*self._leading, *self._beside)):
            raise RuntimeError("a leader of the loops, or what works beside it, has ended")
        if gone := [name for leader in self._leaders for name in leader.gone()]:
            raise RuntimeError(f"the loop of {' and '.join(gone)} has ended")

    async def __del__(self) -> None:
        """Serve awaits it as the replica stops: the leases are given back."""
        self._stop.set()
        await asyncio.wait(self._leading, timeout=_STOP_S)
        for task in self._beside:
            await waiting.end(task)

    async def _work(self) -> None:
        await work(self._settings, clock=utc_now)


def build(_args: dict[str, str]) -> Application:
    """The application, for Serve's configuration (`import_path: deployments.control.app:build`)."""
    return application("Control", Control)
