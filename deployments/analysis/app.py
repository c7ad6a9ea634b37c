"""Histories and routes put together, as each replica runs them."""

from ray.serve import Application
from starlette.types import ASGIApp

from cluster.clock import Clock, utc_now
from cluster.settings import Settings
from cluster.stores.lake import Lake
from deployments.analysis.histories import Histories
from deployments.analysis.routes import router
from deployments.http.app import FullPaths, make_app
from deployments.serving import http_application


def make_analysis(settings: Settings, *, clock: Clock = utc_now) -> ASGIApp:
    """The ASGI application."""
    histories = Histories(Lake.of(settings), clock=clock)
    return FullPaths(make_app("analysis", router, services=[histories]))


def build(_args: dict[str, str]) -> Application:
    """The application, for Serve's configuration (`import_path: deployments.analysis.app:build`)."""
    return http_application("Analysis", make_analysis)
