"""Fixtures of the HTTP tests: a key pair, tokens, and an application behind the edge."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cluster.security import tokens
from cluster.security.keys import SigningKey, VerifyingKey
from cluster.security.scopes import scopes_of
from cluster.settings import Settings
from cluster.stores.lake import Lake
from deployments.edge.middleware import Edge, Limits
from tests.lakes import fill
from tests.servers import PASSWORD, ValkeyServer
from tests.waiting import until

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def now():
    """The time of the tests: a Monday, 12:00 UTC, before New York opens."""
    return NOW


@pytest.fixture
def verifier():
    key = VerifyingKey("test", PRIVATE.public_key())
    return tokens.Verifier([key], issuer="trii", audience="trii-api", clock=lambda: NOW)


@pytest.fixture
def make_token():
    """`make_token(role, subject)`, or with scopes in place of a role."""

    def make(role="admin", subject="ada"):
        scopes = scopes_of(role) if isinstance(role, str) else role
        key, told = SigningKey("test", PRIVATE), {"issuer": "trii", "audience": "trii-api"}
        return tokens.issue_with(scopes, subject, key=key, **told, ttl_s=60, clock=lambda: NOW)

    return make


@pytest.fixture
def observed():
    """What the edge told its telemetry."""
    return []


@pytest.fixture
def behind_edge(verifier, observed):
    """`behind_edge(app, body_bytes=…)` is the app as Serve runs it: the edge around it."""

    def wrap(app, **limits):
        return Edge(app, verifier=verifier, limits=Limits(**limits), observe=observed.append)

    return wrap


@pytest.fixture
def client_of(behind_edge, make_token):
    """`client_of(app, role=…)` is an HTTP client of the app behind the edge; role None: no token."""

    def make(app, role="admin", **limits):
        headers = {"authorization": f"Bearer {make_token(role)}"} if role else {}
        transport = httpx.ASGITransport(behind_edge(app, **limits), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://trii", headers=headers)

    return make


@pytest.fixture
def problem():
    """`problem(response, 404, "not_found")` checks the shape of a problem and gives its fields."""

    def check(response, status, code):
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/problem+json"
        document = response.json()
        assert document["status"] == status
        assert document["code"] == code
        assert document["type"] == f"urn:trii:problem:{code}"
        assert document["request_id"] == response.headers["x-request-id"]
        assert isinstance(document["errors"], list)
        return SimpleNamespace(**document)

    return check


@pytest.fixture(scope="session")
def valkey_process(tmp_path_factory):
    server = ValkeyServer(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def valkey(valkey_process):
    """A running, empty Valkey; a test may stop it and start it again."""
    valkey_process.stop()
    valkey_process.start()
    return valkey_process


@pytest.fixture
def settings(valkey_process, tmp_path):
    """Settings of a home of its own, with the tests' Valkey."""
    return Settings(home=tmp_path, redis_port=valkey_process.port, redis_password=PASSWORD)


@pytest.fixture
def eventually():
    """`await eventually(check)` waits until `check()` gives something, and fails after 10 s."""
    return partial(until, timeout_s=10, every_s=0.005)


@pytest.fixture
def alive():
    """`async with alive(app):` runs an application's lifespan, as Serve does."""

    @asynccontextmanager
    async def run(app):
        inbox, outbox = asyncio.Queue(), asyncio.Queue()
        task = asyncio.create_task(app({"type": "lifespan"}, inbox.get, outbox.put))
        await inbox.put({"type": "lifespan.startup"})
        assert (await outbox.get())["type"] == "lifespan.startup.complete"
        yield
        await inbox.put({"type": "lifespan.shutdown"})
        await task

    return run


@pytest.fixture(scope="session")
def lake_path(tmp_path_factory):
    """A lake to read from: three synthetic instruments, and AAPL, close-only."""
    root = tmp_path_factory.mktemp("home") / "lake"
    fill(Lake(root))
    return root
