"""A real MLflow server for tests that need no other part of the platform, started once."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cluster.settings import Settings
from tests.servers import free_port


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory) -> Iterator[Settings]:
    """Settings of a server on SQLite, on a free port of this machine. Others put models there too."""
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    with (folder / "mlflow.log").open("wb") as log:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "mlflow", "server", "--workers", "1"),
                *("--host", "127.0.0.1", "--port", str(port)),
                *("--backend-store-uri", f"sqlite:///{folder}/mlflow.db"),
                *("--artifacts-destination", str(folder / "artifacts")),
            ],
            env={
                **os.environ,
                "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
                "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
                "MLFLOW_DISABLE_TELEMETRY": "true",
            },
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            settings = Settings(home=folder, mlflow_port=port, _env_file=None)
            _await(f"{settings.mlflow_url}/health", server, folder / "mlflow.log")
            yield settings
        finally:
            os.killpg(server.pid, 15)  # the process group that this fixture started
            server.wait(timeout=30)


def forget_models(settings: Settings) -> None:
    """Remove every model that tests before left; numbers of versions begin at 1 again."""
    url = f"{settings.mlflow_url}/api/2.0/mlflow/registered-models"
    with httpx.Client(trust_env=False, timeout=30) as client:
        found = client.get(f"{url}/search").raise_for_status().json()
        for model in found.get("registered_models", []):
            name = {"name": model["name"]}
            client.request("DELETE", f"{url}/delete", json=name).raise_for_status()


def _await(url: str, server: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise RuntimeError(f"MLflow did not start: {log.read_text()[-2000:]}")
