"""Components are killed hard, one after another; `trii up` brings the platform back with its data."""

import json
import os
import signal

import httpx
import psutil
import pytest

from cluster.laptop import processes
from cluster.laptop import state as states
from cluster.waiting import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.restarts, pytest.mark.long]


def component(trii, name):
    document = json.loads(trii("status", "--json").stdout)
    return next(c for c in document["components"] if c["name"] == name)


def kill(pid):
    process = psutil.Process(pid)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not process.is_running(), timeout_s=10)


def answers(api):
    """All kinds of answers at once: memory, lake, models, registry, database."""
    return {
        "quote": api.get("/v1/quotes/SYN001").status_code,
        "bars": api.get("/v1/bars?symbols=SYN001&timeframe=1Day&limit=1").status_code,
        "prediction": api.post(
            "/v1/predictions", json={"symbols": ["AAPL"], "horizon": 5}
        ).status_code,
        "models": api.get("/v1/models").status_code,
        "backtests": api.get("/v1/backtests").status_code,
    }


ALL_WELL = dict.fromkeys(("quote", "bars", "prediction", "models", "backtests"), 200)


def heals(trii, api, name):
    before = component(trii, name)
    runs = api.get("/v1/backtests").json()["data"]
    kill(before["pid"])
    done = trii("up")
    assert done.returncode == 0, done.stderr
    after = component(trii, name)
    assert after["state"] == "running"
    assert after["pid"] != before["pid"]
    assert after["address"] == before["address"]

    def well():
        try:
            return answers(api) == ALL_WELL
        except httpx.TransportError:
            return False

    assert wait_until(well, timeout_s=30), answers(api)
    assert api.get("/v1/backtests").json()["data"] == runs


@pytest.mark.parametrize("name", ["postgres", "valkey", "api", "ray"])
def test_up_heals_a_killed(trii, api, name):
    heals(trii, api, name)


def test_up_heals_a_killed_registry(trii, api):
    heals(trii, api, "mlflow")


def test_doctor_names_a_killed_component_and_the_remedy(trii, platform):
    try:
        with states.exclusive(platform.home):  # so that the supervisor does not start it meanwhile
            kill(component(trii, "valkey")["pid"])
            findings = json.loads(trii("doctor", "--json").stdout)["findings"]
        assert ["valkey was killed or crashed", "`trii up` starts it again"] in [
            [finding["what"], finding["remedy"]] for finding in findings
        ]
    finally:
        assert trii("up").returncode == 0


def test_down_ends_exactly_its_own_and_up_comes_back_with_the_same(trii, api, platform):
    state = states.load(platform.home)
    runs = api.get("/v1/backtests").json()["data"]
    versions = api.get("/v1/models/volatility-regime/versions").json()["data"]
    bystander = psutil.Popen(["sleep", "600"])
    try:
        assert {"ray", "postgres"} <= set(json.loads(trii("down", "--json").stdout)["ended"])
        assert processes.marked(state.platform_id) == []
        assert bystander.is_running()
        assert json.loads(trii("status", "--json").stdout)["ready"] is False
        done = trii("up")
        assert done.returncode == 0, done.stderr
    finally:
        bystander.kill()
        bystander.wait()
    assert api.get("/v1/backtests").json()["data"] == runs
    assert api.get("/v1/models/volatility-regime/versions").json()["data"] == versions
