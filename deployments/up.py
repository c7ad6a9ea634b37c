"""The step of `trii up` that deploys the applications."""

from collections.abc import Callable

from cluster.settings import Settings
from deployments import deploy


def deploy_applications(settings: Settings, report: Callable[[str], None]) -> str:
    """Want every application of the catalogue, and wait until all of them run."""
    deploy.want(settings)
    deploy.deploy(settings, progress=report)
    report("waiting for the HTTP ingress")
    deploy.await_ingress(settings)
    return settings.api_url
