"""Predictor and route put together, as each replica runs them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp

from deployments.background import running
from deployments.http.app import FullPaths, make_app
from deployments.predictions.predictor import Predictor
from deployments.predictions.routes import router

_REFRESH_S = 5.0


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
