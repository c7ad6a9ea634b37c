"""The application as Serve builds it (`import_path: deployments.predictions.app:build`)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from ray import serve
from ray.serve import Application
from starlette.types import ASGIApp

from cluster import logs
from cluster.clock import Clock, utc_now
from cluster.settings import load_settings
from cluster.stores.desired import ServedModel
from cluster.stores.lake import Lake
from deployments.background import running
from deployments.http.app import FullPaths, make_app
from deployments.predictions.engine import Engine
from deployments.predictions.routes import router
from deployments.serving import application


class PredictionsConfig(BaseModel):
    """What may change without a restart: the versions that serve."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: list[ServedModel] = []


def make_predictions(engine: Engine) -> ASGIApp:
    """The ASGI application over an engine, which follows the lake for as long as it lives."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with running(engine.run):
            yield

    return FullPaths(make_app("predictions", router, services=[engine], lifespan=lifespan))


def make_engine(*, clock: Clock = utc_now) -> Engine:
    """The engine of this replica, over the platform's lake."""
    settings = load_settings()
    logs.configure(service="predictions", level=settings.log_level, console=False)
    return Engine(Lake(settings.lake_path), clock=clock)


class Predictions:
    """One replica: the engine holds every served version, so that a pick costs no hop."""

    def __init__(self) -> None:
        self._engine = make_engine()

    def __serve_build_asgi_app__(self) -> ASGIApp:
        return make_predictions(self._engine)

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Take the versions that a promotion wants; requests go on meanwhile."""
        config = PredictionsConfig.model_validate(user_config)
        await asyncio.to_thread(self._engine.configure, config.models)


def build(_args: dict[str, str]) -> Application:
    """One deployment; `serve.yaml` says how it runs."""
    return application("Predictions", serve.ingress()(Predictions))
