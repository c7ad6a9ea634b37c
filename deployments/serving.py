"""How a replica becomes a Serve application."""

from collections.abc import Callable
from typing import Any

from ray import serve
from ray.serve import Application
from starlette.types import ASGIApp

from cluster import logs
from cluster.settings import Settings, load_settings


def application(name: str, replica: Any) -> Application:
    """One deployment of that name; everything else about it stands in `serve.yaml`."""
    return serve.deployment(name=name)(replica).bind()


def http_application(name: str, make: Callable[[Settings], ASGIApp]) -> Application:
    """One deployment of that name whose replicas answer with what `make` puts together in each."""

    def asgi() -> ASGIApp:
        return make(replica_settings(name.lower()))

    return application(name, serve.ingress(asgi)())


def replica_settings(service: str) -> Settings:
    """The settings of this replica, whose log names the service from now on."""
    settings = load_settings()
    logs.configure(service=service, level=settings.log_level, console=False)
    return settings
