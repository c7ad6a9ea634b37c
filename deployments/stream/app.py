"""Listener, feeds and route put together, as each replica runs them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from ray.serve import Application
from starlette.types import ASGIApp

from cluster.clock import Clock, utc_now
from cluster.queue.rules.job import Job
from cluster.queue.source import Source
from cluster.settings import Settings
from deployments.background import running
from deployments.http.app import FullPaths, make_app
from deployments.jobs.desk import JobDesk
from deployments.serving import http_application
from deployments.stream.departure import Departure
from deployments.stream.feed import Feed
from deployments.stream.feeds import Feeds
from deployments.stream.follower import Streams
from deployments.stream.listener import Listener
from deployments.stream.routes import router


def make_stream(
    settings: Settings, *, clock: Clock = utc_now, source: Source | None = None
) -> ASGIApp:
    """The ASGI application; it listens to PostgreSQL for as long as its lifespan lasts."""
    reads = source or Source(settings)

    def make(job: Job) -> Feed:
        return Feed(job, source=reads, clock=clock)

    feeds = Feeds(make)
    departure = Departure(tell=feeds.wake)
    listener = Listener(settings, tell=feeds.look)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with running(listener.run, departure.run):
            yield

    services = [JobDesk(settings, clock=clock), Streams(feeds, departure, clock=clock)]
    return FullPaths(make_app("stream", router, services=services, lifespan=lifespan))


def build(_args: dict[str, str]) -> Application:
    """The application, for Serve's configuration (`import_path: deployments.stream.app:build`)."""
    return http_application("Stream", make_stream)
