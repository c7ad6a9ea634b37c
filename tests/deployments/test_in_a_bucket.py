"""Prices to a result over HTTP where all data lie in a bucket: each step a process that is told no path."""

import json
import os
import subprocess
import sys
import zipfile
from io import BytesIO

import pytest
from pydantic import SecretStr

from cluster.bundles import bundle as bundles
from cluster.own_code.files import code_of
from cluster.own_code.shipping import ship
from cluster.queue import folder
from cluster.settings import load_settings
from cluster.stores.places import at
from deployments.api.app import make_api
from tests.own_prices import write_folder
from tests.servers import free_port

pytestmark = pytest.mark.long
TRII = "from cluster.cli.main import main; main()"


@pytest.fixture
def kept(object_store):
    return object_store.folder()


@pytest.fixture
def told(queued, object_store, kept):
    """What a node is told: where the database is, and where the data lie."""
    secrets = ("serve", "jobs")
    passwords = {f"postgres_{role}_password": getattr(queued, f"postgres_{role}_password")
                 for role in secrets}  # fmt: skip
    given = {**object_store.settings(kept), **passwords, "postgres_port": queued.postgres_port}
    plain = {n: v.get_secret_value() if isinstance(v, SecretStr) else v for n, v in given.items()}
    return {f"TRII_{name.upper()}": str(value) for name, value in plain.items()}


@pytest.fixture
def node(told, tmp_path):
    """Runs Python as on a machine of its own: an empty home, a working directory."""

    def run(number, *words, cwd=tmp_path):
        home = tmp_path / f"home-{number}"
        home.mkdir(exist_ok=True)
        clean = {k: v for k, v in os.environ.items() if k[:5] not in {"TRII_", "AWS_R", "AWS_A"}}
        done = subprocess.run(
            [sys.executable, *words],
            env={**clean, **told, "TRII_HOME": str(home)},
            cwd=cwd, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert list(home.iterdir()) == [], "something lies on this machine alone"
        return done.stdout

    return run


@pytest.fixture
def settings(told, tmp_path, monkeypatch):
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "home").mkdir()
    # Nobody's Ray: at the port of the defaults another platform's may answer.
    return load_settings(tmp_path / "home").model_copy(update={"dashboard_port": free_port()})


async def test_an_own_idea_over_own_prices_is_taken_in_run_and_read_on_three_machines(
    node, settings, kept, tmp_path, client_of, now
):
    own = tmp_path / "own"
    own.mkdir()
    node(1, "-c", TRII, *write_folder(own))

    bundle = ship(settings, code_of(own / "ideas.py", own))
    unpacked = tmp_path / "unpacked"  # as Ray does with what `runtime_env` names
    where = bundles.runtime_env(settings, bundle.sha256)["working_dir"]
    assert where == f"{kept}/results/bundles/{bundle.sha256}.zip"
    zipfile.ZipFile(BytesIO(at(where).read_bytes())).extractall(unpacked)
    words = ("-m", "jobs.backtest", "--strategy=ideas.py:Above", "--universe=walked", "--json")
    runs = [json.loads(node(n, *words, cwd=unpacked)) for n in (2, 3)]
    assert runs[0]["metrics"] == runs[1]["metrics"]
    for run in runs:
        assert run["report"] == f"{kept}/results/{run['id']}/report.html"
        assert at(run["report"]).read_text().startswith("<!")

    api = client_of(make_api(settings, clock=lambda: now))
    shown = (await api.get(f"/v1/backtests/{runs[0]['id']}")).json()["data"]
    assert (shown["state"], shown["metrics"]) == ("done", runs[0]["metrics"])
    asked = {"strategy": "ideas.py:Above", "universe": "walked"}
    body = {"kind": "backtest", "bundle": bundle.sha256, "request": asked}
    answer = await api.post("/v1/jobs", json=body)
    assert answer.status_code == 202, answer.text
    job = answer.json()["data"]["id"]
    folder.keep_log(settings, job, ["done\n"])
    (folder.folder(settings, job) / "plots/a.svg").write_bytes(b"<svg/>")
    assert (await api.get(f"/v1/jobs/{job}/logs")).text == "done\n"
    listed = (await api.get(f"/v1/jobs/{job}/artifacts")).json()["data"]
    assert [file["name"] for file in listed] == ["log.txt", "plots/a.svg"]
    assert (await api.get(f"/v1/jobs/{job}/artifacts/plots/a.svg")).content == b"<svg/>"
    assert (await api.get(f"/v1/jobs/{job}/artifacts/..%2Fx")).status_code in {404, 422}
