"""What is wanted of Serve, and the application `control` put there: the loop `reconcile` does the rest."""

import time
from collections.abc import Callable, Iterable
from typing import Final

import httpx

from cluster.clock import utc_now
from cluster.desired import store as desired
from cluster.errors import PlatformError
from cluster.settings import Settings
from cluster.stores.postgres import connect
from cluster.waiting import wait_until
from deployments import serve_rest
from deployments.reconcile import failures
from deployments.render import catalogue, render
from deployments.serve_rest import ServeReport

CONTROL = "control"
_ONCE_MORE_S: Final = 1.0
Tell = Callable[[str], None]


def want(settings: Settings, names: Iterable[str] | None = None) -> int:
    """Enter applications into the control truth, all of the catalogue by default; its epoch.

    What stands there already keeps its overrides.
    """
    with connect(settings, "serve") as connection:
        present = desired.read(connection, settings.cluster_id).applications
        for name in names or catalogue():
            if name not in present:
                desired.set_application(connection, settings.cluster_id, name, {})
        return desired.read(connection, settings.cluster_id).epoch


def ask_again(settings: Settings) -> int:
    """Have what Serve refused tried once more, and all of it looked at; the new epoch."""
    with connect(settings, "serve") as connection:
        desired.renew(connection, settings.cluster_id)
        return desired.read(connection, settings.cluster_id).epoch


def start_control(settings: Settings, *, timeout_s: float = 180.0, progress: Tell) -> None:
    """Have `control` run. It goes to Serve alone only where nothing runs there.

    Serve deletes what a document does not name. Raises PlatformError with Serve's own reason.
    """
    progress("waiting until Serve says what runs")
    want(settings, [CONTROL])
    with connect(settings, "serve") as connection:
        wanted = desired.read(connection, settings.cluster_id)
    with serve_rest.client(settings) as serve:
        report = _report(serve)
        if report.get(CONTROL, {}).get("status") != "RUNNING":
            document = render(wanted, settings, now=utc_now(), only=None if report else CONTROL)
            serve_rest.put(serve, document)
            _await_control(serve, timeout_s, progress)


def _report(serve: httpx.Client) -> ServeReport:
    """What runs. An empty answer is asked for twice: Ray gives one too where it can't tell for a moment."""
    report = serve_rest.states(serve)
    if not report:
        time.sleep(_ONCE_MORE_S)
        report = serve_rest.states(serve)
    return report


def _await_control(serve: httpx.Client, timeout_s: float, progress: Tell) -> None:
    def runs() -> bool:
        state = serve_rest.states(serve).get(CONTROL, {})
        if state and (failed := failures({"applications": [{"name": CONTROL}]}, {CONTROL: state})):
            raise PlatformError(failed)
        progress("waiting until control runs")
        return state.get("status") == "RUNNING"

    if not wait_until(runs, timeout_s=timeout_s, every_s=0.3):
        raise PlatformError(f"the application {CONTROL} did not start within {timeout_s:.0f} s")


def await_ingress(settings: Settings, *, timeout_s: float = 60.0) -> None:
    """Wait until the HTTP ingress answers: it loads its routes after the replicas are up."""
    # Past the machine's proxy, which knows nothing of loopback.
    with httpx.Client(base_url=settings.api_url, timeout=5.0, trust_env=False) as http:
        if not wait_until(lambda: _ready(http), timeout_s=timeout_s, every_s=0.2):
            raise PlatformError(f"nothing answers at {settings.api_url}; see `trii doctor`")


def _ready(http: httpx.Client) -> bool:
    try:
        return http.get("/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
