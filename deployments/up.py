"""The steps of `trii up` that bring the applications: `control` first, which brings the others.

They start beside the steps in between, and are waited for at the end.
"""

from collections.abc import Callable

from cluster.desired.waiting import await_reached
from cluster.settings import Settings
from deployments import deploy


def start_control(settings: Settings, report: Callable[[str], None]) -> str:
    """Deploy `control` alone: it moves the queue, and Serve to all applications of the catalogue."""
    deploy.start_control(settings, progress=report)
    deploy.want(settings)
    return "control runs"


def await_applications(settings: Settings, report: Callable[[str], None]) -> str:
    """Wait until every application that is wanted runs; what was refused is tried once more."""
    await_reached(settings, deploy.ask_again(settings), role="serve", progress=report)
    report("waiting for the HTTP ingress")
    deploy.await_ingress(settings)
    return settings.api_url
