"""The whole platform with its data in a bucket: nothing but what a node is told by address is needed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from cluster.clock import utc_now
from cluster.laptop.lifecycle import down
from cluster.laptop.progress import StepLines
from cluster.laptop.state import write_private
from cluster.security.local import issue_local
from cluster.settings import load_settings
from cluster.stores.places import at
from tests import numba_cache
from tests.own_prices import write_folder

pytestmark = [pytest.mark.long, pytest.mark.restarts]
TRII = Path(sys.executable).with_name("trii")
STUDY = """
import os
from cluster.stores.places import at
(at(os.environ["TRII_JOB_FOLDER"]) / "plots/curve.svg").write_bytes(b"<svg/>")
print("drawn")
"""


@pytest.fixture(scope="module")
def kept(object_store):
    """The bucket's folder of this platform."""
    return object_store.folder()


@pytest.fixture(scope="module")
def trii(object_store, kept):
    """Commands of a platform of its own; only its first one is told where the data lie."""
    home = Path(tempfile.mkdtemp(prefix="trii-test-"))
    home.chmod(0o711)
    numba_cache.share_with(home)
    environment = {name: value for name, value in os.environ.items() if name[:4] != "AWS_"}
    environment |= {"TRII_HOME": str(home), "TRII_FIRST_SWEEP_TRIALS": "2"}

    def run(*arguments, **more):
        return subprocess.run(
            [TRII, *map(str, arguments)],
            env=environment | more, capture_output=True, text=True, check=False,
        )  # fmt: skip

    run.home = home
    told = object_store.settings(kept)
    (home / "secrets").mkdir(mode=0o700)
    for name, value in told.items():
        if isinstance(value, SecretStr):
            write_private(home / f"secrets/trii_{name}", value.get_secret_value())
    urls = {f"TRII_{k.upper()}": v for k, v in told.items() if isinstance(v, str)}
    try:
        done = run("up", **urls)
        assert done.returncode == 0, done.stderr
        yield run
    finally:
        down(home, progress=StepLines())
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def api(trii):
    settings = load_settings(trii.home)
    token = issue_local(settings, role="scientist", clock=utc_now)
    with httpx.Client(
        base_url=settings.api_url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=30.0,
        trust_env=False,
    ) as client:
        yield client


@pytest.fixture(scope="module")
def own(tmp_path_factory, trii):
    """A folder with prices and ideas; the prices are taken in as the dataset `walked`."""
    folder = tmp_path_factory.mktemp("own")
    done = trii(*write_folder(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "study.py").write_text(STUDY)
    return folder


def test_a_model_is_promoted_to_the_bucket_and_replicas_answer_with_it(api, object_store, kept):
    asked = {"symbols": ["AAPL"], "horizon": 5}
    answer = api.post("/v1/predictions", json=asked)
    assert answer.status_code == 200, answer.text
    keys = object_store.keys(kept)
    for place in ("models/", "artifacts/"):
        assert any(key.startswith(place) and key.endswith("/model.npz") for key in keys)


def test_an_own_idea_over_own_prices_is_the_same_here_as_a_job_and_over_http(trii, api, own, kept):
    name, runs = f"{own}/ideas.py:Above", []
    for where in ("here", "cluster"):
        given = ("--strategy", name, "--universe", "walked", "--on", where, "--json")
        done = trii("backtest", "run", *given)
        assert done.returncode == 0, done.stderr
        runs.append(json.loads(done.stdout))
    packed = json.loads(trii("strategy", "pack", name, "--json").stdout)
    body = {
        "kind": "backtest",
        "bundle": packed["bundle"],
        "request": {"strategy": packed["strategy"], "universe": "walked"},
    }
    job = api.post("/v1/jobs", json=body).json()["data"]["id"]
    assert trii("jobs", "logs", "-f", job).returncode == 0
    attempt = api.get(f"/v1/jobs/{job}").json()["data"]["submission_id"]
    runs.append(api.get(f"/v1/backtests/{attempt}").json()["data"])
    assert [run["state"] for run in runs] == ["done"] * 3
    assert runs[0]["metrics"] == runs[1]["metrics"] == runs[2]["metrics"]
    assert runs[0]["report"] == f"{kept}/results/{runs[0]['id']}/report.html"
    page = api.get(f"/v1/backtests/{attempt}/tearsheet").text
    assert trii("backtest", "tearsheet", attempt, "--output", own / "sheet.html").returncode == 0
    assert page == (own / "sheet.html").read_text()
    assert " on walked · TRII backtest</title>" in page
    for file in ("equity.parquet", "trades.parquet"):
        found = {(at(kept) / f"results/{run['id']}/{file}").read_bytes() for run in runs}
        assert len(found) == 1


def test_what_a_job_leaves_is_read_over_http(trii, api, own):
    done = trii("jobs", "submit", "--json", "--bundle", own, "study")
    assert done.returncode == 0, done.stderr
    job = json.loads(done.stdout)["id"]
    listed = api.get(f"/v1/jobs/{job}/artifacts").json()["data"]
    assert [file["name"] for file in listed] == ["log.txt", "plots/curve.svg"]
    assert api.get(f"/v1/jobs/{job}/artifacts/plots/curve.svg").content == b"<svg/>"
    assert "drawn" in api.get(f"/v1/jobs/{job}/logs").text
    assert api.get(f"/v1/jobs/{job}/artifacts/..%2F..%2Fbundles").status_code == 404
    assert "plots/curve.svg" in trii("jobs", "show", job).stdout


def test_a_model_of_the_bucket_scores_a_universe_as_a_job(trii):
    words = ("jobs.score", "--model", "volatility-regime", "--universe", "sample")
    done = trii("jobs", "submit", "--json", *words)
    assert done.returncode == 0, done.stderr


def test_no_data_lie_on_the_machines_own_disk(trii, object_store, kept):
    folders = {path.name for path in trii.home.iterdir() if path.is_dir()}
    assert folders.isdisjoint({"lake", "results", "models", "artifacts", "jobs"})
    tops = {key.partition("/")[0] for key in object_store.keys(kept)}
    assert tops == {"lake", "results", "models", "artifacts", "jobs"}
