"""How an application is made from its routers."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.http import handlers
from deployments.http.services import provide

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

    The one OpenAPI document of the platform is served by the application `api`.
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
    provide(app, services)
    for router in routers:
        app.include_router(router)
    return app
