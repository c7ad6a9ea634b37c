"""Serve's REST interface: the whole configuration in, a report of every application out."""

from collections.abc import Mapping
from typing import Any, Final

import httpx

from cluster.errors import PlatformError
from cluster.settings import Settings

PATH: Final = "/api/serve/applications/"
ServeReport = Mapping[str, Mapping[str, Any]]
"""By application: `status`, `message`, `deployments`, `deployed_app_config`."""


class ServeRefused(PlatformError):
    """Serve does not take a configuration; the same one would be refused again."""


def client(settings: Settings) -> httpx.Client:
    """A client of Ray's dashboard, with its token; the machine's proxies are not for loopback."""
    token = settings.ray_auth_token.get_secret_value()
    return httpx.Client(
        base_url=settings.dashboard_url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=120.0,  # the first deployment imports every application before it answers
        trust_env=False,
    )


def states(serve: httpx.Client) -> ServeReport:
    """Serve's own report of each application. Raises PlatformError where nothing answers."""
    return _send(serve, "GET").json()["applications"]  # type: ignore[no-any-return]  # JSON


def put(serve: httpx.Client, document: dict[str, Any]) -> None:
    """Hand over a whole configuration. Raises ServeRefused with Serve's reason, PlatformError."""
    _send(serve, "PUT", json=document)


def _send(serve: httpx.Client, method: str, **options: Any) -> httpx.Response:
    try:
        answer = serve.request(method, PATH, **options)
    except httpx.TransportError as exc:
        raise PlatformError(f"Ray's dashboard at {serve.base_url} gives no answer: {exc}") from exc
    said = " ".join(answer.text[:1000].split())[:500]  # errors of pydantic have many lines
    if answer.status_code == httpx.codes.BAD_REQUEST:
        raise ServeRefused(f"Serve refused its configuration: {said}")
    if answer.status_code != httpx.codes.OK:
        # A traceback says at its end what is wrong.
        said = " ".join(answer.text[-1000:].split())[-500:]
        raise PlatformError(f"Serve answered {answer.status_code}: {said}")
    return answer
