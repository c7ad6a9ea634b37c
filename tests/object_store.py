"""A server that speaks S3, for tests of what lies in buckets; a process of its own, started once."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from cluster.settings import Settings
from cluster.waiting import wait_until
from tests.servers import free_port

KEY, SECRET, REGION = "test", "for-tests-only", "us-east-1"


@dataclass(frozen=True)
class ObjectStore:
    """Where it answers, and a bucket of it."""

    endpoint: str
    bucket: str = "lakes"

    def folder(self) -> str:
        """A URL that no other test has."""
        return f"s3://{self.bucket}/{uuid4().hex}"

    def settings(self, folder: str) -> dict[str, str | SecretStr]:
        """All that a platform must be told to keep its data there, by the name of the setting."""
        places = ("lake", "results", "models", "jobs", "artifacts")
        return {
            **{f"{name}_url": f"{folder}/{name}" for name in places},
            "s3_endpoint": self.endpoint,
            "s3_region": REGION,
            "s3_access_key": SecretStr(KEY),
            "s3_secret_key": SecretStr(SECRET),
        }

    def keys(self, folder: str) -> list[str]:
        """The names of all objects there, from the folder on."""
        prefix = folder.removeprefix(f"s3://{self.bucket}/") + "/"
        pages = self.client().get_paginator("list_objects_v2")
        listed = pages.paginate(Bucket=self.bucket, Prefix=prefix)
        found = [one["Key"] for page in listed for one in page.get("Contents", [])]
        return sorted(key.removeprefix(prefix) for key in found if not key.endswith("/"))

    def client(self):
        import boto3  # a third of a second that tests without it do not pay

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
        )


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    """A running one. Clients of this process find it, as `reach_s3` would have them."""
    port, patch = free_port(), pytest.MonkeyPatch()
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            [Path(sys.executable).with_name("moto_server"), "-H", "127.0.0.1", "-p", str(port)],
            stdout=log,
            stderr=log,
        )
        try:
            store = ObjectStore(f"http://127.0.0.1:{port}")
            answers = wait_until(
                lambda: _answers(store), timeout_s=60, alive=lambda: server.poll() is None
            )
            assert answers, "moto does not answer"
            store.client().create_bucket(Bucket=store.bucket)
            settings = Settings(
                home=Path("/nowhere"), _env_file=None, **store.settings("s3://lakes")
            )
            for name, value in settings.s3_variables().items():
                patch.setenv(name, value)
            yield store
        finally:
            patch.undo()
            server.terminate()
            server.wait(timeout=30)


def _answers(store: ObjectStore) -> bool:
    try:
        return httpx.get(store.endpoint, timeout=2, trust_env=False).is_success
    except httpx.TransportError:
        return False
