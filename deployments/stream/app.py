"""The application as Serve builds it (`import_path: deployments.stream.app:build`)."""

from ray import serve
from ray.serve import Application

from deployments.serving import application
from deployments.stream.asgi import asgi


def build(_args: dict[str, str]) -> Application:
    """One deployment; `serve.yaml` says how it runs."""
    return application("Stream", serve.ingress(asgi)())
