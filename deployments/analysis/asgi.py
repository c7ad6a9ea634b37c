"""Histories and routes put together, as each replica runs them."""

from starlette.types import ASGIApp

from cluster import logs
from cluster.clock import Clock, utc_now
from cluster.settings import Settings, load_settings
from cluster.stores.lake import Lake
from deployments.analysis.histories import Histories
from deployments.analysis.routes import router
from deployments.http.app import FullPaths, make_app


def make_analysis(settings: Settings, *, clock: Clock = utc_now) -> ASGIApp:
    """The ASGI application."""
    histories = Histories(Lake(settings.lake_url), clock=clock)
    return FullPaths(make_app("analysis", router, services=[histories]))


def asgi() -> ASGIApp:
    """Called by Serve in the replica."""
    settings = load_settings()
    logs.configure(service="analysis", level=settings.log_level, console=False)
    return make_analysis(settings)
