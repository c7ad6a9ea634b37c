"""Predictor and route put together, and the replica whose models change in place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI
from ray import serve
from ray.serve import Application
from starlette.types import ASGIApp

from cluster.clock import utc_now
from cluster.stores.lake import Lake
from deployments.background import running
from deployments.http.app import FullPaths, make_app
from deployments.predictions.models import ServingConfig
from deployments.predictions.predictor import Predictor
from deployments.predictions.routes import router
from deployments.serving import application, replica_settings

_REFRESH_S: Final = 5.0


def make_predictions(predictor: Predictor) -> ASGIApp:
    """The ASGI application; it follows the lake for as long as its lifespan lasts."""

    async def follow() -> None:
        while True:
            await asyncio.to_thread(predictor.refresh)
            await asyncio.sleep(_REFRESH_S)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with running(follow):
            yield

    return FullPaths(make_app("predictions", router, services=[predictor], lifespan=lifespan))


class Predictions:
    """A replica: holds the models that `user_config` names and changes them in place."""

    def __init__(self) -> None:
        lake = Lake.of(replica_settings("predictions"))
        self._predictor = Predictor(lake, clock=utc_now)

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """Serve's own hook: the application of this replica."""
        return make_predictions(self._predictor)

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Serve other versions; requests go on being answered by those before.

        Called before the replica takes requests, too: it is ready when everything is computed.
        """
        config = ServingConfig.model_validate(user_config)
        await asyncio.to_thread(self._predictor.serve, config.models)


def build(_args: dict[str, str]) -> Application:
    """The application, for Serve's configuration (`import_path: deployments.predictions.app:build`)."""
    return application("Predictions", serve.ingress()(Predictions))
