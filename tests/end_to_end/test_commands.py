"""The command line against the running platform."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.platform


def test_status_tells_each_components_state_address_pid_and_age(trii):
    document = json.loads(trii("status", "--json").stdout)
    assert document["ready"]
    assert {"api", "dashboard", "mlflow"} <= document["urls"].keys()
    for component in document["components"]:
        assert component["state"] == "running"
        assert component["pid"] > 0
        assert component["age_s"] > 0
        silent = component["name"] in {"autoscaler", "log_monitor", "supervisor"}
        assert silent or component["address"].startswith("127.0.0.1:")
        assert component["restarts"] == 0


def test_a_second_up_changes_nothing_and_imports_nothing_heavy(trii, platform):
    before = json.loads(trii("status", "--json").stdout)
    code = (
        "import sys; from cluster.cli.main import main\n"
        "try: main(['up', '--json'])\n"
        "except SystemExit: pass\n"
        "print({'ray', 'torch', 'mlflow', 'pandas', 'numba'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TRII_HOME": str(platform.home)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr.strip() == "set()"
    summary = json.loads(done.stdout)
    assert summary["quote"]["symbol"] == "SYN001"
    assert summary["prediction"]["interval"]
    assert summary["backtest"]["metrics"]
    after = json.loads(trii("status", "--json").stdout)
    assert [c["pid"] for c in after["components"]] == [c["pid"] for c in before["components"]]


def test_the_printed_curl_works_as_it_is(trii):
    curl = trii("up").stdout.strip().splitlines()[-1]
    answer = subprocess.run(["sh", "-c", curl + " -sf"], capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout)["data"]["symbol"] == "SYN001"


def test_a_token_has_the_role_asked_for(trii, api):
    token = trii("token", "--role", "viewer").stdout.strip()
    headers = {"Authorization": f"Bearer {token}"}
    assert api.get("/v1/quotes/SYN001", headers=headers).status_code == 200
    assert api.get("/v1/models", headers=headers).status_code == 403


def test_each_page_opens_with_what_readme_names_and_with_nothing_else(platform, token):
    secrets = platform.home / "secrets"
    ray, mlflow = (
        (secrets / name).read_text().strip()
        for name in ("trii_ray_auth_token", "trii_mlflow_token")
    )
    jobs, runs = f"{platform.dashboard_url}/api/jobs/", f"{platform.mlflow_url}/api/2.0/mlflow/runs"
    with httpx.Client(trust_env=False) as client:
        assert client.get(f"{platform.api_url}/docs").status_code == 200
        scientist = client.get(f"{platform.api_url}/v1/jobs", headers=token("scientist"))
        analyst = client.get(f"{platform.api_url}/v1/jobs", headers=token("analyst"))
        assert (scientist.status_code, analyst.status_code) == (200, 403)
        assert "the role scientist has it" in analyst.json()["detail"]
        told = client.get(jobs, headers={"Authorization": f"Bearer {ray}"})
        assert (told.status_code, client.get(jobs).status_code) == (200, 401)
        home = client.get(platform.mlflow_url, auth=("anybody", mlflow))
        assert (home.status_code, client.get(runs).status_code) == (200, 401)


def test_the_logs_of_each_application_and_component_are_there(trii):
    known = json.loads(trii("logs", "--json").stdout)
    apps = {"quotes", "analysis", "predictions", "stream", "api", "live", "control"}
    assert apps | {"ray", "postgres", "valkey", "mlflow"} <= set(known)
    told = trii("logs", "quotes", "--lines", "1000")
    assert told.returncode == 0
    assert '"message":"request"' in told.stdout
    assert "unmatched" not in told.stdout


def test_doctor_finds_nothing_wrong_with_a_healthy_platform(trii):
    done = trii("doctor", "--json")
    assert json.loads(done.stdout)["findings"] == []


def test_the_clusters_doctor_looks_at_the_laptops_node_and_finds_nothing_wrong(trii):
    done = trii("cluster", "doctor", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["findings"]) == (0, []), done.stderr
    (node,) = told["cluster"]["nodes"]
    assert node["facts"]["token_mode"]
    assert node["facts"]["store"]["kind"] == "rocksdb"


def test_data_that_stand_are_not_written_again(trii):
    done = trii("data", "ingest", "--dataset", "sample", "--json")
    assert done.returncode == 0, done.stderr
    (report,) = json.loads(done.stdout)
    assert [one["written"] for one in report["timeframes"]] == [0]


def test_next_open_fills_of_close_only_data_are_refused_before_anything_starts(trii, api):
    before = api.get("/v1/backtests").json()["data"]
    done = trii(
        *("backtest", "run", "--strategy", "sma-cross", "--universe", "sample"),
        *("--mode", "next-open"),
    )
    assert done.returncode == 2
    assert "total-return" in done.stderr
    assert api.get("/v1/backtests").json()["data"] == before


@pytest.mark.long
def test_a_backtest_of_the_sample_is_stamped_total_return(trii):
    done = trii("backtest", "run", "--strategy", "sma-cross", "--universe", "sample", "--json")
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    assert run["state"] == "done"
    assert run["request"]["mode"] == "total-return"
    shown = json.loads(trii("backtest", "show", run["id"], "--json").stdout)
    assert shown["metrics"] == run["metrics"]


@pytest.mark.long
def test_plain_ray_and_mlflow_commands_reach_the_platform(trii, platform):
    script = (
        'eval "$("$0" env)" && ray job submit --submission-id plain-job -- '
        "python -m jobs.ingest --dataset sample && mlflow experiments search"
    )
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", script, str(Path(sys.executable).with_name("trii"))],
        env={**os.environ, "TRII_HOME": str(platform.home), "PATH": path},
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Default" in done.stdout


def test_a_running_component_is_not_moved_to_another_port(trii, platform, monkeypatch):
    before = (platform.home / "platform.env").read_text()
    monkeypatch.setenv("TRII_API_PORT", str(platform.api_port + 1))
    done = trii("up")
    assert done.returncode == 2
    assert "TRII_API_PORT: the platform runs on other ports" in done.stderr
    assert (platform.home / "platform.env").read_text() == before
