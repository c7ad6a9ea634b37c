"""Stores behind TLS, as managed ones and clusters' are: who they are is checked before a password goes."""

import asyncio
import os
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from redis.asyncio import Redis
from sqlalchemy.exc import OperationalError

from cluster.clock import utc_now
from cluster.errors import StoreError
from cluster.schedules.worker import make_app
from cluster.settings import Settings
from cluster.stores.migrate import upgrade
from cluster.stores.postgres import connect
from cluster.waiting import end
from deployments.stream.listener import Listener
from tests.object_store import KEY, SECRET
from tests.servers import PASSWORD, ValkeyServer
from tests.tls import make_authority, tls_before


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return make_authority(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return make_authority(tmp_path_factory.mktemp("other"))


@pytest.fixture
def guarded(database, authority):
    """Settings of the database behind TLS, checked in full."""
    with tls_before(database.postgres_port, authority, postgres=True) as port:
        yield database.model_copy(
            update={
                "postgres_port": port,
                "postgres_tls": "verify-full",
                "postgres_ca": authority.ca,
            }
        )


def answer(settings):
    with connect(settings, "serve") as connection:
        return connection.pgconn.ssl_in_use, connection.execute("SELECT 1 AS one").fetchone()


def test_a_database_whose_certificate_holds_answers_in_tls(guarded):
    assert answer(guarded) == (True, {"one": 1})


async def test_whoever_else_comes_to_the_database_checks_it_as_well(guarded, other):
    """Migrations, the worker of what is due and the listeners each have a client of their own."""
    wrong = guarded.model_copy(update={"postgres_ca": other.ca})
    assert upgrade(guarded)[0] == upgrade(guarded)[1]
    with pytest.raises(OperationalError, match="certificate verify failed"):
        upgrade(wrong)
    async with make_app(guarded, clock=utc_now).open_async() as app:
        assert await app.check_connection_async()
    heard = asyncio.Queue()
    listening = asyncio.create_task(Listener(guarded, tell=heard.put_nowait).run())
    assert await asyncio.wait_for(heard.get(), 10) is None
    await end(listening)
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        await Listener(wrong, tell=heard.put_nowait).run()


@pytest.mark.parametrize(
    "changes", [{"postgres_host": "localhost"}, {"postgres_ca": None}], ids=["name", "machine's"]
)
def test_a_database_that_is_not_who_it_must_be_gets_no_password(guarded, changes):
    with pytest.raises(StoreError, match="certificate"):
        answer(guarded.model_copy(update=changes))


def test_a_database_of_another_authority_is_refused(guarded, other):
    with pytest.raises(StoreError, match="certificate verify failed"):
        answer(guarded.model_copy(update={"postgres_ca": other.ca}))


def test_tls_may_be_asked_for_without_a_check_and_never_goes_missing(guarded, database):
    unchecked = {"postgres_tls": "require", "postgres_ca": None, "postgres_host": "localhost"}
    assert answer(guarded.model_copy(update=unchecked))[0]
    assert not answer(database)[0]
    with pytest.raises(StoreError):
        answer(guarded.model_copy(update={"postgres_tls": "disable"}))
    with pytest.raises(StoreError, match="SSL"):
        answer(database.model_copy(update={"postgres_tls": "require"}))


@pytest.fixture(scope="module")
def valkey(tmp_path_factory, authority):
    """Settings of a Valkey behind TLS."""
    server = ValkeyServer(tmp_path_factory.mktemp("valkey"))
    server.start()
    with tls_before(server.port, authority) as port:
        yield Settings(
            home="/nowhere", redis_port=port, redis_password=PASSWORD,
            redis_tls=True, redis_ca=authority.ca,
        )  # fmt: skip
    server.stop()


async def test_valkey_answers_in_tls(valkey):
    async with Redis.from_url(valkey.redis_url()) as client:
        assert await client.ping()
    named = valkey.model_copy(update={"redis_user": "default"})
    with redis.Redis.from_url(named.redis_url()) as client:
        assert client.ping()


@pytest.mark.parametrize(
    "changes", [{"redis_host": "localhost"}, {"redis_ca": None}, {"redis_tls": False}]
)
async def test_a_valkey_that_is_not_who_it_must_be_gets_no_password(valkey, changes):
    wrong = valkey.model_copy(update=changes)
    async with Redis.from_url(wrong.redis_url(), retry=None) as client:
        with pytest.raises((redis.ConnectionError, redis.TimeoutError)):
            await client.ping()


def test_a_valkey_of_another_authority_is_refused(valkey, other):
    wrong = valkey.model_copy(update={"redis_ca": other.ca})
    refused = pytest.raises(redis.ConnectionError, match="certificate verify failed")
    with redis.Redis.from_url(wrong.redis_url(), retry=None) as client, refused:
        client.ping()


EACH_CLIENT = """
import boto3, deltalake, pyarrow.fs
from cluster.settings import load_settings
from cluster.stores import places

settings = load_settings()
note = places.results(settings) / "note.txt"
note.write_bytes(b"arrow")
deltalake.write_deltalake(f"{places.lake_root(settings.lake_url)}/table", pyarrow.table({"a": [1]}))
held = boto3.client("s3").list_objects_v2(Bucket="lakes", Prefix=note.url.removeprefix("s3://lakes/"))
print(note.read_text(), held["KeyCount"])
"""


@pytest.mark.long
def test_every_client_of_a_bucket_checks_its_certificate_against_ours(
    object_store, authority, other, tmp_path
):
    folder = object_store.folder()
    told = object_store.settings(folder)
    with tls_before(urlsplit(object_store.endpoint).port, authority) as port:

        def run(ca):
            environment = {
                **{name: value for name, value in os.environ.items() if name[:4] != "AWS_"},
                **{f"TRII_{k.upper()}": v for k, v in told.items() if isinstance(v, str)},
                "TRII_S3_ACCESS_KEY": KEY,
                "TRII_S3_SECRET_KEY": SECRET,
                "TRII_HOME": str(tmp_path),
                "TRII_S3_ENDPOINT": f"https://127.0.0.1:{port}",
                "TRII_S3_CA": str(ca),
                "AWS_MAX_ATTEMPTS": "1",
            }
            return subprocess.run(
                [sys.executable, "-c", EACH_CLIENT], env=environment, capture_output=True, text=True,
                check=False,
            )  # fmt: skip

        done = run(authority.ca)
        assert done.stdout == "arrow 1\n", done.stderr
        refused = run(other.ca)
        assert refused.returncode == 1
        assert "SSL" in refused.stderr
