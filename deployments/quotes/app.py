"""The application as Serve builds it (`import_path: deployments.quotes.app:build`)."""

from ray import serve
from ray.serve import Application

from deployments.quotes.asgi import asgi
from deployments.serving import application


def build(_args: dict[str, str]) -> Application:
    """One deployment; `serve.yaml` says how it runs."""
    return application("Quotes", serve.ingress(asgi)())
