"""The steps of `trii up` that bring the applications: `control` first, which brings the others."""

from collections.abc import Callable

from cluster.desired.waiting import await_reached
from cluster.settings import Settings
from deployments import deploy


def start_control(settings: Settings, report: Callable[[str], None]) -> str:
    """Deploy `control` alone: it moves the queue, and Serve to what is wanted."""
    deploy.start_control(settings, progress=report)
    return "control runs"


def want_applications(settings: Settings, report: Callable[[str], None]) -> str:
    """Want every application of the catalogue, and wait until all of them run."""
    deploy.want(settings)
    await_reached(settings, deploy.ask_again(settings), role="serve", progress=report)
    report("waiting for the HTTP ingress")
    deploy.await_ingress(settings)
    return settings.api_url
