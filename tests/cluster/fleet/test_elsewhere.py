"""Commands where there are settings alone: no platform here, one elsewhere that they name."""

import json
import os
import subprocess
import sys

import pytest

from cluster.cli.main import main
from cluster.fleet.render.rendering import render
from cluster.fleet.source import reading
from cluster.laptop.state import write_private
from cluster.settings import load_settings
from cluster.stores.settings import PostgresSettings

AWAY = "192.0.2.1"  # of documentation: nobody has it
SECRETS = ("postgres_serve_password", "postgres_jobs_password", "mlflow_token", "ray_auth_token")
TO_DEPLOY = ("postgres_owner_password",)


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("TRII_", "AWS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRII_HOME", str(tmp_path / "home"))
    (tmp_path / "home/secrets").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def trii(capsys, home):
    def run(*words):
        with pytest.raises(SystemExit) as info:
            main(list(map(str, words)))
        out, err = capsys.readouterr()
        return info.value.code, out, err

    return run


@pytest.fixture
def told(home):
    """The settings of production's cluster in the file that commands look into."""
    ground, source = reading.ground(None), reading.cluster_source("production")
    (home / "platform.env").write_text(render(source, ground, target="settings"))


def bring(home, names):
    for name in names:
        write_private(home / f"secrets/trii_{name}", "for tests only")


def test_what_is_rendered_for_people_are_the_settings_of_the_nodes(home, told):
    ground, settings = reading.ground(None), load_settings(home)
    assert settings.lake_url == ground.settings["TRII_LAKE_URL"]
    assert settings.postgres_host == ground.settings["TRII_POSTGRES_HOST"]
    assert settings.ray_host == str(ground.head.private_ip)
    assert settings.s3_variables()["AWS_REGION"] == ground.region
    assert settings.cluster_id == "trii"
    assert (settings.home, settings.listen_host) == (home, "0.0.0.0")


@pytest.mark.parametrize("words", [("jobs", "list"), ("backtest", "list")])
def test_a_command_names_what_it_lacks_and_then_goes_to_the_platform(
    trii, home, told, words, monkeypatch
):
    code, out, err = trii(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    missing = ", ".join(f"TRII_{name.upper()}" for name in SECRETS)
    assert f"trii: {missing}: not set;" in err

    bring(home, SECRETS)
    # Loopback has no such server, and answers at once.
    monkeypatch.setenv("TRII_POSTGRES_HOST", "127.0.0.1")
    monkeypatch.setenv("TRII_POSTGRES_PORT", "1")
    monkeypatch.setenv("TRII_POSTGRES_TLS", "prefer")
    code, _, err = trii(*words)
    assert (code, err.count("\n")) == (1, 1)
    assert "127.0.0.1" in err


def test_a_platform_that_is_half_named_takes_no_bars_into_a_lake_of_this_machine(
    trii, home, tmp_path, monkeypatch
):
    monkeypatch.setenv("TRII_POSTGRES_HOST", AWAY)
    (tmp_path / "A.csv").write_text("date,close\n2024-01-02,1\n")
    code, out, err = trii("data", "ingest", "--dataset", "mine", "--files", tmp_path / "A.csv")
    assert (code, out) == (2, "")
    assert "TRII_LAKE_URL" in err
    assert "TRII_POSTGRES_HOST" not in err
    assert not (home / "lake").exists()


def test_without_any_address_a_command_says_both_ways(trii):
    code, _, err = trii("jobs", "list")
    assert code == 2
    assert "start one with `trii up`, or name one elsewhere (docs/cluster.md)" in err


def test_deploying_asks_for_the_rights_to_and_starts_nothing_here(trii, home, told, monkeypatch):
    bring(home, SECRETS)
    code, _, err = trii("up")
    assert code == 2
    assert "trii: TRII_POSTGRES_OWNER_PASSWORD: not set" in err

    bring(home, TO_DEPLOY)
    monkeypatch.setattr(
        PostgresSettings, "postgres_dsn", lambda *_, **__: "postgresql://127.0.0.1:1"
    )
    code, _, err = trii("up")
    assert code == 1
    assert "Database schema" in err
    assert {path.name for path in home.iterdir()} == {"platform.env", "secrets", "logs"}


def test_status_says_which_services_are_reached_from_here(trii, home, told, monkeypatch):
    bring(home, SECRETS)
    for host in ("HOST", "POSTGRES_HOST", "REDIS_HOST", "MLFLOW_HOST", "RAY_HOST"):
        monkeypatch.setenv(f"TRII_{host}", "127.0.0.1")
    for port in ("API", "POSTGRES", "REDIS", "MLFLOW", "DASHBOARD"):
        monkeypatch.setenv(f"TRII_{port}_PORT", "1")
    code, out, _ = trii("status", "--json")
    assert code == 1
    states = {row["name"]: row["state"] for row in json.loads(out)["components"]}
    assert states == dict.fromkeys(("postgres", "valkey", "mlflow", "ray", "api"), "silent")


def test_what_runs_on_a_node_finds_the_object_store_and_mlflow_by_the_nodes_secrets(home, told):
    bring(home, ("s3_access_key", "s3_secret_key", "mlflow_jobs_token"))
    done = subprocess.run(
        [sys.executable, "-m", "cluster.fleet.on_node", "env"],
        env={"PATH": os.environ["PATH"], "TRII_HOME": str(home)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert found["AWS_ACCESS_KEY_ID"] == found["AWS_SECRET_ACCESS_KEY"] == "for tests only"
    assert found["MLFLOW_TRACKING_URI"] == "http://mlflow.trii.internal:5000"
    assert found["MLFLOW_TRACKING_TOKEN"] == "for tests only"
    assert found["TRII_API_URL"] == "http://trii.internal:8000"
    assert found["TRII_LAKE_URL"] == "s3://trii-example/lake"
