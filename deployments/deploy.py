"""Make Serve run what the control truth says, and wait until it does."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import httpx

from cluster.desired import store as desired
from cluster.errors import PlatformError
from cluster.settings import Settings
from cluster.stores.postgres import connect, sql
from deployments.render import catalogue, render

_PATH = "/api/serve/applications/"
_BAD = {"DEPLOY_FAILED", "UNHEALTHY"}


def want(settings: Settings, names: Iterable[str] | None = None) -> None:
    """Enter applications into the control truth, all of the catalogue by default.

    What stands there already keeps its overrides.
    """
    with connect(settings, "serve") as connection:
        present = desired.read(connection).applications
        for name in names or catalogue():
            if name not in present:
                desired.set_application(connection, name, {})


def deploy(
    settings: Settings,
    *,
    timeout_s: float = 180.0,
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Render, hand to Serve, and wait until every application runs.

    Under an advisory lock, so that an older document never overwrites a newer one.
    Raises PlatformError with Serve's own reason when an application can't be deployed.
    """
    with connect(settings, "serve") as connection, client(settings) as serve:
        connection.execute(sql("lock_render"))
        document = render(desired.read(connection), settings)
        answer = serve.put(_PATH, json=document)
        if answer.status_code != httpx.codes.OK:
            raise PlatformError(f"Serve refused its configuration: {answer.text[:500]}")
        _await_running(serve, {a["name"] for a in document["applications"]}, timeout_s, progress)


def await_ingress(settings: Settings, *, timeout_s: float = 60.0) -> None:
    """Wait until the HTTP ingress answers: it loads its routes after the replicas are up."""
    end = time.monotonic() + timeout_s
    with httpx.Client(base_url=settings.api_url, timeout=5.0, trust_env=False) as http:
        while not _ready(http):
            if time.monotonic() > end:
                raise PlatformError(f"nothing answers at {settings.api_url}; see `trii doctor`")
            time.sleep(0.2)


def _ready(http: httpx.Client) -> bool:
    try:
        return http.get("/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def client(settings: Settings) -> httpx.Client:
    """A client of Ray's dashboard, with its token; the machine's proxies are not for loopback."""
    token = settings.ray_auth_token.get_secret_value()
    return httpx.Client(
        base_url=settings.dashboard_url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=120.0,  # the first deployment imports every application before it answers
        trust_env=False,
    )


def states(serve: httpx.Client) -> dict[str, dict[str, Any]]:
    """Serve's own report of each application: `status`, `message`, `deployments`."""
    report: dict[str, dict[str, Any]] = serve.get(_PATH).raise_for_status().json()["applications"]
    return report


def _await_running(
    serve: httpx.Client, names: set[str], timeout_s: float, progress: Callable[[str], None]
) -> None:
    end = time.monotonic() + timeout_s
    while True:
        report = {name: state for name, state in states(serve).items() if name in names}
        running = sorted(n for n, state in report.items() if state["status"] == "RUNNING")
        progress(f"{len(running)} of {len(names)} applications run")
        if set(running) == names:
            return
        for name, state in report.items():
            if state["status"] in _BAD:
                raise PlatformError(f"application {name} failed: {_reason(state)}")
        if time.monotonic() > end:
            late = {n: report.get(n, {}).get("status", "absent") for n in names - set(running)}
            raise PlatformError(f"applications did not start within {timeout_s:.0f} s: {late}")
        time.sleep(0.3)


def _reason(state: dict[str, Any]) -> str:
    """The last line of Serve's message, or of the deployment that ails: the exception itself."""
    ailing = [d["message"] for d in state["deployments"].values() if d["status"] != "HEALTHY"]
    lines = (" ".join(ailing) or state["message"]).strip().splitlines()
    return lines[-1][:500] if lines else state["status"]
