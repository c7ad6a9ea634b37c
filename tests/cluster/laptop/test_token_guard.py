"""The guard in front of MLflow, without MLflow."""

from cluster.registry.mlflow_app import TokenGuard


async def test_a_websocket_is_closed_without_the_token():
    reached, sent = [], []

    async def app(*_):
        reached.append(True)

    async def send(message):
        sent.append(message)

    guard = TokenGuard(app, token="right")
    scope = {"type": "websocket", "path": "/", "headers": []}
    await guard(scope, None, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]
    assert not reached
    await guard({**scope, "headers": [(b"authorization", b"Bearer right")]}, None, send)
    assert reached
