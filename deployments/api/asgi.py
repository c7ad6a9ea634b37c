"""Reference data, bars, registry, results, jobs and documents put together, as each replica runs them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp

from cluster import logs
from cluster.clock import Clock, utc_now
from cluster.settings import Settings, load_settings
from cluster.stores.lake import Lake
from deployments.api import docs
from deployments.api.backtests import BacktestReader
from deployments.api.bars import BarReader
from deployments.api.database import Database
from deployments.api.document import API_ROUTERS
from deployments.api.jobs_desk import JobDesk
from deployments.api.registry import RegistryReader
from deployments.http.app import FullPaths, make_app


def make_api(settings: Settings, *, clock: Clock = utc_now) -> ASGIApp:
    """The ASGI application."""
    lake = Lake(settings.lake_url)
    registry = RegistryReader.from_settings(settings)
    desk = JobDesk(settings, clock=clock)
    database = Database(settings)
    readers = [BarReader(lake, clock=clock), registry, database, BacktestReader(database)]
    services = [settings, lake, *readers, desk]

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await registry.close()

    app = make_app("api", docs.router, *API_ROUTERS, services=services, lifespan=lifespan)
    return FullPaths(app)


def asgi() -> ASGIApp:
    """Called by Serve in the replica."""
    settings = load_settings()
    logs.configure(service="api", level=settings.log_level, console=False)
    return make_api(settings)
