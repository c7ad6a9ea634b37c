"""The whole platform on machines with file systems of their own: head, serve, batch, and an engineer's.

Services stand on another one, behind TLS. Whatever one of them needs of another comes by an address
or a URL: nothing else is between them.
"""

import json
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cluster.fleet.ray_api import RayApi
from cluster.fleet.source import reading
from cluster.settings import Settings
from cluster.waiting import wait_until
from deployments import serve_rest
from tests.cloudbox import NEEDED, Network
from tests.cloudbox.cluster import Platform, node_type
from tests.cloudbox.services import HOME
from tests.cloudbox.units import write
from tests.own_prices import write_folder

pytestmark = [*NEEDED, pytest.mark.restarts]
NODES = ("head", "serve", "batch")
OWN = "/root/own"
STUDY = """
import os, socket
import mlflow
from cluster.stores.lake import Lake
from cluster.stores.places import at

mlflow.set_experiment("own")
with mlflow.start_run():
    mlflow.log_metric("drawn", 1.0)
print("on", socket.gethostname(), "of", os.environ["TRII_API_URL"])
print("snapshot", Lake(os.environ["TRII_LAKE_URL"]).snapshot())
(at(os.environ["TRII_JOB_FOLDER"]) / "plots/curve.svg").write_bytes(b"<svg/>")
"""


@pytest.fixture(scope="module")
def timed(pytestconfig):
    """Measures a step by its name; the table is printed at the end."""
    taken = {}

    @contextmanager
    def step(name):
        start = time.monotonic()
        yield
        if name:
            taken[name] = time.monotonic() - start

    yield step
    plugins = pytestconfig.pluginmanager
    with plugins.get_plugin("capturemanager").global_and_fixture_disabled():
        for name, seconds in taken.items():
            plugins.get_plugin("terminalreporter").write_line(f"{seconds:6.1f} s  {name}")


@pytest.fixture(scope="module")
def platform(tmp_path_factory, timed):
    """Nodes that run Ray, and nothing of ours on them yet."""
    with Network() as network:
        logs = tmp_path_factory.mktemp("logs")
        made = Platform(network, logs, reading.cluster_source("dev"))
        with timed("PostgreSQL, Valkey, MLflow and S3 answer"):
            made.await_services()
        with timed("three nodes have joined"):
            made.start_head()
            for pool in ("serve", "batch"):
                made.start_node(pool, node_type(made.document, pool, "on-demand"))
            made.settle("engineer")
            assert wait_until(lambda: nodes_of(made) == 3, timeout_s=120, every_s=1.0)
        yield made


def nodes_of(platform):
    told = platform.trii("cluster", "status", "--json")
    return len(json.loads(told.stdout)["nodes"]) if told.returncode == 0 else 0


@pytest.fixture(scope="module")
def trii(platform, timed):
    """A command on the engineer's machine, which must succeed; its output."""
    with timed("trii up: schema, control, all applications"):
        done = platform.trii("up", timeout_s=400)
        assert done.returncode == 0, done.stderr

    def run(*words, step=""):
        with timed(step):
            told = platform.trii(*words, timeout_s=400)
        assert told.returncode == 0, told.stdout + told.stderr
        return told.stdout

    return run


@pytest.fixture(scope="module")
def ray(platform):
    """What this process needs to ask Ray itself."""
    token = (platform["head"].root / "run/trii/secrets/trii_ray_auth_token").read_text()
    return Settings(
        home="/nowhere", _env_file=None, ray_host=platform["head"].address, ray_auth_token=token
    )


@pytest.fixture(scope="module")
def api(platform, trii):
    """Somebody outside of the cluster, at the proxy of the node that serves."""
    token = platform.trii("token", "--role", "scientist").stdout.strip()
    with httpx.Client(
        base_url=f"http://{platform['serve'].address}:8000",
        headers={"Authorization": f"Bearer {token}"},
        timeout=60.0,
        trust_env=False,
    ) as client:
        yield client


@pytest.fixture(scope="module")
def data(platform, trii, tmp_path_factory):
    """A dataset that a job took in, and prices of the engineer's own, with ideas beside them."""
    folder = tmp_path_factory.mktemp("own")
    words = write_folder(folder)
    (folder / "study.py").write_text(STUDY)
    for path in folder.iterdir():
        write(platform["engineer"], Path(OWN, path.name), path.read_text())
    trii(*(word.replace(str(folder), OWN) for word in words), step="ingest of own prices, there")
    trii("jobs", "submit", "jobs.ingest", "--dataset", "sample", step="ingest as a job")


@pytest.fixture(scope="module")
def model(trii, data):
    """Versions of a sweep, the best of which serve."""
    trii("sweep", "run", "--trials", "2", step="sweep of 2 networks, gates, promotion")


def kernels(machine):
    """What is compiled on a machine, with when."""
    told = machine.run(["find", HOME / "numba", "-name", "*.nbc", "-printf", "%p %T@\n"])
    return set(told.stdout.splitlines())


def drivers(platform, ray):
    """The addresses on which drivers of jobs ran."""
    with RayApi(ray) as asked:
        jobs = asked.ask("/api/jobs/", lambda told: told)
    nodes = json.loads(platform.trii("cluster", "status", "--json").stdout)["nodes"]
    addresses = {node["id"]: node["address"] for node in nodes}
    return {addresses[job["driver_node_id"]] for job in jobs if job["type"] == "SUBMISSION"}


def test_all_applications_run_on_the_node_of_their_pool(platform, trii, ray):
    with serve_rest.client(ray) as serve:
        report = serve_rest.states(serve)
    assert {name: told["status"] for name, told in report.items()} == dict.fromkeys(
        ("quotes", "live", "control", "analysis", "predictions", "stream", "api"), "RUNNING"
    )
    standing = {
        replica["node_ip"]
        for told in report.values()
        for deployment in told["deployments"].values()
        for replica in deployment["replicas"]
    }
    assert standing == {platform["serve"].address}
    assert json.loads(trii("status", "--json"))["ready"]


def test_a_model_is_swept_promoted_and_answers_at_the_proxy(api, model, timed):
    with timed("the first prediction"):
        answer = api.post("/v1/predictions", json={"symbols": ["AAPL"], "horizon": 5})
    assert answer.status_code == 200, answer.text
    assert api.get("/v1/quotes/AAPL").status_code == 200


def test_one_training_registers_a_version_more(trii, model):
    def versions():
        return len(json.loads(trii("model", "show", "volatility-regime", "--json", step="")))

    before = versions()
    trii("pipeline", "run", "--hidden", "16", "--epochs", "2", step="training of one network")
    assert versions() == before + 1


def test_a_universe_is_scored(trii, model):
    words = ("jobs.score", "--model", "volatility-regime", "--universe", "sample")
    trii("jobs", "submit", *words, step="scores of a universe")


def test_an_own_idea_is_the_same_there_and_on_the_cluster_and_is_compiled_once(
    platform, trii, api, data
):
    asked = ("--strategy", f"{OWN}/ideas.py:Above", "--universe", "walked", "--json")
    here, *there = (
        json.loads(trii("backtest", "run", *asked, "--on", where, step=f"backtest {name}"))
        for where, name in (
            ("here", "on the engineer's machine"),
            ("cluster", "as a job"),
        )
    )
    before = kernels(platform["batch"])
    there.append(json.loads(trii("backtest", "run", *asked, "--on", "cluster", step="again")))
    assert before
    assert kernels(platform["batch"]) == before
    assert all(run["metrics"] == here["metrics"] for run in there)
    assert api.get(f"/v1/backtests/{there[0]['id']}").json()["data"]["state"] == "done"


def test_replicas_compile_once_as_well(platform, api, data):
    asked = "/v1/analysis/AAPL/indicators?names=sma:20,rsi:14&limit=2"
    assert api.get(asked).status_code == 200
    before = kernels(platform["serve"])
    assert api.get(asked).status_code == 200
    assert before
    assert kernels(platform["serve"]) == before


def test_what_own_code_writes_and_logs_is_read_elsewhere(platform, trii, api, data, ray):
    told = json.loads(trii("jobs", "submit", "--json", "--bundle", OWN, "study", step="own code"))
    listed = api.get(f"/v1/jobs/{told['id']}/artifacts").json()["data"]
    assert [file["name"] for file in listed] == ["log.txt", "plots/curve.svg"]
    assert api.get(f"/v1/jobs/{told['id']}/artifacts/plots/curve.svg").content == b"<svg/>"
    log = trii("jobs", "logs", told["id"])
    assert log == api.get(f"/v1/jobs/{told['id']}/logs").text
    assert f"on batch of http://{platform['serve'].address}:8000" in log
    assert drivers(platform, ray) == {platform["batch"].address}


def test_no_data_lie_on_a_nodes_own_disk(platform, trii, api, data):
    for name in NODES:
        kept = set(platform[name].run(["ls", HOME]).stdout.split())
        assert kept <= {"numba", "secrets", "logs"}, name
    kept = set(platform["engineer"].run(["ls", HOME]).stdout.split())
    assert kept <= {"numba", "secrets", "logs", "platform.env"}
