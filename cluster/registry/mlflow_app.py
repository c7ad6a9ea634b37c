"""MLflow's server behind a token: every request but the health check must carry it.

MLflow's own accounts cost half a second a request. The client sends `MLFLOW_TRACKING_TOKEN` as a
bearer token; a browser may give it as the password of any user name.
"""

import base64
import hmac
from binascii import Error as Base64Error

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from cluster.settings import load_settings

_OPEN = {"/health", "/version"}


class TokenGuard:
    """ASGI middleware: 401 without the token."""

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self.app = app
        self.token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "lifespan" or scope["path"] in _OPEN or self._admits(scope):
            await self.app(scope, receive, send)
            return
        if kind == "websocket":  # closing before accepting is answered as 403
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = [
            (b"content-type", b"text/plain"),
            (b"www-authenticate", b'Basic realm="TRII MLflow: the token is the password"'),
        ]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": b"A token is required: trii env\n"})

    def _admits(self, scope: Scope) -> bool:
        given = dict(scope["headers"]).get(b"authorization", b"")
        kind, _, value = given.partition(b" ")
        if kind.lower() == b"basic":
            value = _password(value)
        elif kind.lower() != b"bearer":
            return False
        # In constant time: how long it takes must not tell how much of a guess was right.
        return hmac.compare_digest(value, self.token)


def _password(credentials: bytes) -> bytes:
    try:
        return base64.b64decode(credentials, validate=True).partition(b":")[2]
    except Base64Error:
        return b""


def create_app() -> FastAPI:
    """MLflow's application with the guard in front; named `trii` in MLflow's list of apps."""
    from mlflow.server.fastapi_app import app

    token = load_settings().mlflow_token.get_secret_value()
    if not token:
        raise RuntimeError("TRII_MLFLOW_TOKEN is empty: MLflow would be open to everybody")
    application: FastAPI = app
    application.add_middleware(TokenGuard, token=token)
    return application
