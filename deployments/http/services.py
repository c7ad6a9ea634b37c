"""What the routes of an application work with, kept in the application and found by its type."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from fastapi import FastAPI, Request

S = TypeVar("S")


def provide(app: FastAPI, services: Iterable[object]) -> None:
    """Let the routes of `app` find each of `services` by its class."""
    app.state.services = {type(one): one for one in services}


def service(kind: type[S]) -> Callable[[Request], Awaitable[S]]:
    """A dependency that gives the application's service of that class."""

    # Asynchronous, because FastAPI sends plain functions to a thread pool.
    async def find(request: Request) -> S:
        found: S = request.app.state.services[kind]
        return found

    return find
