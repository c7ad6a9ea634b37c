"""The Serve application: a deployment without a route, whose replica keeps the writer running."""

import asyncio
from typing import Any

from pydantic import BaseModel, ConfigDict, PositiveFloat
from ray.serve import Application
from ray.util.metrics import Counter

from cluster import waiting
from cluster.clock import utc_now
from cluster.metrics import QUOTES_PUBLISHED
from deployments.background import forever
from deployments.live.writer import Writer
from deployments.serving import application, replica_settings
from market.synthetic import SyntheticMarket


class LiveConfig(BaseModel):
    """What may change without a restart."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    interval_s: PositiveFloat | None = None


class Live:
    """Has no `__call__` and no route: nothing is asked of it over HTTP."""

    async def __init__(self) -> None:  # type: ignore[misc]  # Serve awaits it
        settings = replica_settings("live")
        counter = Counter(
            QUOTES_PUBLISHED.name,
            description=QUOTES_PUBLISHED.help,
            tag_keys=QUOTES_PUBLISHED.labels,
        )
        self._default_interval_s = settings.quote_interval_s
        self._writer = Writer(
            SyntheticMarket(seed=settings.seed),
            redis_url=settings.redis_url(),
            interval_s=settings.quote_interval_s,
            clock=utc_now,
            published=lambda count: counter.inc(count, tags={"source": "synthetic"}),
        )
        self._task = asyncio.create_task(forever(self._writer.run))

    def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Take a new interval without a restart."""
        config = LiveConfig.model_validate(user_config)
        self._writer.interval_s = config.interval_s or self._default_interval_s

    def check_health(self) -> None:
        """Unhealthy only where the loop itself is gone: Valkey being away heals by itself."""
        if self._task.done():
            raise RuntimeError("the writer's task has ended")

    async def __del__(self) -> None:
        """Serve awaits it as the replica stops: the lease is given back."""
        await waiting.end(self._task)


def build(_args: dict[str, str]) -> Application:
    """The application, for Serve's configuration (`import_path: deployments.live.app:build`)."""
    return application("Live", Live)
