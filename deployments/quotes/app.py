"""Table, sources and routes put together, as each replica runs them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from ray.serve import Application
from starlette.types import ASGIApp

from cluster.clock import Clock, utc_now
from cluster.providers.catalog import STREAMED
from cluster.settings import Settings
from cluster.stores.lake import Lake
from deployments.background import running
from deployments.http.app import FullPaths, make_app
from deployments.quotes.lane import QuoteLane
from deployments.quotes.routes import Quotes, router
from deployments.quotes.sources import CloseSource, TickSource
from deployments.quotes.table import QuoteTable
from deployments.serving import http_application


def make_quotes(settings: Settings, *, clock: Clock = utc_now) -> ASGIApp:
    """The ASGI application; its sources run for as long as its lifespan does."""
    table = QuoteTable(max_age_s=settings.quote_max_age_s)
    ticks = TickSource(table, redis_url=settings.redis_url())
    lake = Lake.of(settings)
    closes = CloseSource(table, lake=lake, streamed=STREAMED, clock=clock)
    quotes = Quotes(table, clock=clock, is_loaded=lambda: ticks.is_loaded)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with running(ticks.run, closes.run):
            yield

    app = make_app("quotes", router, services=[quotes], lifespan=lifespan)
    return QuoteLane(FullPaths(app), table=table, clock=clock)


def build(_args: dict[str, str]) -> Application:
    """The application, for Serve's configuration (`import_path: deployments.quotes.app:build`)."""
    return http_application("Quotes", make_quotes)
