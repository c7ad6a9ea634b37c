"""MLflow's server behind a token: every request but the health check must carry one.

MLflow's own accounts cost half a second a request. The client sends `MLFLOW_TRACKING_TOKEN` as a
bearer token; a browser may give it as the password of any user name. The platform's token may do
everything, the jobs' what `cluster.registry.mlflow_rights` lists.
"""

import asyncio
import base64
import hmac
from binascii import Error as Base64Error
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from cluster.registry.mlflow_rights import job_may, made_of, outputs_written
from cluster.settings import load_settings

_OPEN = {"/health", "/version"}
_REALM = b'Basic realm="TRII MLflow: the token is the password"'


class TokenGuard:
    """ASGI middleware: 401 without a token, 403 for what a job's does not allow.

    `has_versions` says whether a version came of a run or a logged model; it blocks, and is called
    in a thread.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str,
        jobs_token: str = "",
        has_versions: Callable[[str], bool] = lambda _output: False,
    ) -> None:
        self.app = app
        self.has_versions = has_versions
        self.token = token.encode()
        self.jobs_token = jobs_token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] in _OPEN:
            await self.app(scope, receive, send)
            return
        given = _token(scope)
        # In constant time: how long it takes must not tell how much of a guess was right.
        if hmac.compare_digest(given, self.token):
            await self.app(scope, receive, send)
        elif not self.jobs_token or not hmac.compare_digest(given, self.jobs_token):
            await _refuse(scope, send, 401, b"A token is required: trii env\n")
        elif scope["type"] == "http" and job_may(scope["method"], scope["path"]):
            if await self._writes_to_a_version(scope):
                text = b"A version came of this: a job's token does not write its artifacts\n"
                await _refuse(scope, send, 403, text)
            else:
                await self.app(scope, receive, send)
        else:
            text = b"A job's token writes runs, and no versions, aliases or deletions\n"
            await _refuse(scope, send, 403, text)

    async def _writes_to_a_version(self, scope: Scope) -> bool:
        for output in outputs_written(scope["method"], scope["path"]):
            if await asyncio.to_thread(self.has_versions, output):
                return True
        return False


async def _refuse(scope: Scope, send: Send, status: int, text: bytes) -> None:
    if scope["type"] == "websocket":  # closing before accepting is answered as 403
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain")]
    if status == 401:
        headers.append((b"www-authenticate", _REALM))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def _token(scope: Scope) -> bytes:
    """What was given as a token; empty where nothing was."""
    given = dict(scope["headers"]).get(b"authorization", b"")
    kind, _, value = given.partition(b" ")
    if kind.lower() == b"basic":
        return _password(value)
    return value if kind.lower() == b"bearer" else b""


def _password(credentials: bytes) -> bytes:
    try:
        return base64.b64decode(credentials, validate=True).partition(b":")[2]
    except Base64Error:
        return b""


def _has_versions(output: str) -> bool:
    """Whether a version was made of this run, or of the files of this logged model."""
    # Loaded with MLflow's application alone. Its client would ask this very server over HTTP.
    from mlflow.server.handlers import _get_model_registry_store

    registry: Any = _get_model_registry_store()
    return any(registry.search_model_versions(where, max_results=1) for where in made_of(output))


def create_app() -> FastAPI:
    """MLflow's application with the guard in front; named `trii` in MLflow's list of apps."""
    from mlflow.server.fastapi_app import app

    settings = load_settings()
    token = settings.mlflow_token.get_secret_value()
    if not token:
        raise RuntimeError("TRII_MLFLOW_TOKEN is empty: MLflow would be open to everybody")
    application: FastAPI = app
    jobs_token = settings.mlflow_jobs_token.get_secret_value()
    application.add_middleware(
        TokenGuard, token=token, jobs_token=jobs_token, has_versions=_has_versions
    )
    return application
