"""How an application is made from its routers, and how its routes find what they work with."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from fastapi import APIRouter, FastAPI, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.http import handlers

S = TypeVar("S")

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class FullPaths:
    """Serve sets `root_path` to the application's prefix and leaves `path` whole.

    Our routes are written whole too, so the prefix is taken back before they are matched. The
    scope is changed in place: what the application writes into it stays visible outside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("root_path"):
            scope["root_path"] = ""
        await self._app(scope, receive, send)


def make_app(
    title: str,
    *routers: APIRouter,
    services: Iterable[object] = (),
    lifespan: Lifespan | None = None,
) -> FastAPI:
    """An application that answers every error as a problem and serves no document of its own.

    Its routes find each of `services` by its class. The one OpenAPI document of the platform is
    served by the application `api`.
    """
    app = FastAPI(
        title=title,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    handlers.install(app)
    app.state.services = {type(service): service for service in services}
    for router in routers:
        app.include_router(router)
    return app


def service(kind: type[S]) -> Callable[[Request], Awaitable[S]]:
    """A dependency that gives the application's service of that class."""

    # Asynchronous, because FastAPI sends plain functions to a thread pool.
    async def find(request: Request) -> S:
        found: S = request.app.state.services[kind]
        return found

    return find
