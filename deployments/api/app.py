"""Reference data, bars, registry, results, jobs and documents put together, as each replica runs them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from ray.serve import Application
from starlette.types import ASGIApp

from cluster.clock import Clock, utc_now
from cluster.registry.reader import RegistryReader
from cluster.settings import Settings
from cluster.stores.lake import Lake
from deployments.api import backtests, bars_routes, docs, jobs, models_routes, reference, trials
from deployments.api.backtests import BacktestReader
from deployments.api.bars import BarReader
from deployments.api.trials import TrialDesk
from deployments.gateway import routes as gateway
from deployments.gateway.packages import Packages
from deployments.gateway.tail import Tails
from deployments.http.app import FullPaths, make_app
from deployments.http.database import Database
from deployments.jobs.desk import JobDesk
from deployments.openapi import Document
from deployments.serving import http_application

ROUTERS = (
    *(reference.router, bars_routes.router, models_routes.router, backtests.router),
    *(trials.router, jobs.router, gateway.router),
)


def make_api(settings: Settings, *, clock: Clock = utc_now) -> ASGIApp:
    """The ASGI application."""
    lake = Lake.of(settings)
    registry = RegistryReader.from_settings(settings)
    desk = JobDesk(settings, clock=clock)
    database = Database(settings)
    readers = [BarReader(lake, clock=clock), registry, database, BacktestReader(database, settings)]
    desks = [desk, TrialDesk(settings, lake, clock=clock), Packages(settings), Tails(settings)]
    services = [settings, lake, *readers, *desks, Document(*ROUTERS)]

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        registry.close()

    app = make_app("api", docs.router, *ROUTERS, services=services, lifespan=lifespan)
    return FullPaths(app)


def build(_args: dict[str, str]) -> Application:
    """The application, for Serve's configuration (`import_path: deployments.api.app:build`)."""
    return http_application("Api", make_api)
