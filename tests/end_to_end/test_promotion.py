"""A promotion reaches the replicas that run, in place; a training may end without one."""

import json

import pytest

from cluster.desired import store as desired
from cluster.laptop import processes
from cluster.registry import artifact
from cluster.stores.postgres import connect
from cluster.waiting import wait_until
from training.run import roll_out

pytestmark = pytest.mark.platform
NAME = "volatility-regime"


@pytest.fixture
def promote(platform):
    """Want a version of the model, and roll it out as a training does; undone at the end."""

    def want(model):
        with connect(platform, "jobs") as connection:
            desired.set_model(connection, platform.cluster_id, model)
        roll_out(platform, say=lambda _: None)

    with connect(platform, "jobs") as connection:
        (serving,) = [
            m for m in desired.read(connection, platform.cluster_id).models if m.name == NAME
        ]
    yield lambda changes: want(serving.model_copy(update=changes))
    want(serving)


def test_a_promoted_version_answers_in_the_same_processes(platform, api, promote):
    def pids():
        found = processes.marked(platform_id(platform), "ray")
        return {
            p.pid
            for p in found
            if "ServeReplica:predictions" in " ".join(processes.command_line(p))
        }

    def version():
        answer = api.post("/v1/predictions", json={"symbols": ["AAPL"], "horizon": 21})
        return answer.headers.get("x-model-version")

    before = pids()
    folder = platform.home / "models" / NAME / "1"
    promote({"version": "1", "folder": str(folder), "sha256": artifact.digest(folder)})
    assert wait_until(lambda: {version() for _ in range(8)} == {f"{NAME}/1"}, timeout_s=20)
    assert pids() == before


def test_a_training_is_followed_in_words_and_may_leave_who_serves_alone(trii, platform):
    with connect(platform, "jobs") as connection:
        before = desired.read(connection, platform.cluster_id)
    done = trii("pipeline", "run", "--hidden", "8", "--epochs", "1", "--no-promote")
    assert done.returncode == 0, done.stderr
    assert "7 of 7 networks" in done.stderr
    # The newest comes first.
    job = next(
        job for job in json.loads(trii("jobs", "list", "--json").stdout) if job["kind"] == "train"
    )
    assert json.loads(trii("jobs", "show", job["id"], "--json").stdout)["progress"]["share"] == 1.0
    with connect(platform, "jobs") as connection:
        assert desired.read(connection, platform.cluster_id) == before


def platform_id(platform):
    from cluster.laptop import state as states

    return states.load(platform.home).platform_id
