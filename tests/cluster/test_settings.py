import os
from urllib.parse import quote
from urllib.request import proxy_bypass_environment

import pytest

from cluster.errors import ConfigError
from cluster.settings import (
    inherited_environment,
    keep_loopback_direct,
    load_settings,
    pinned_ports,
)


def test_addresses_come_from_the_platforms_own_file(tmp_path, monkeypatch):
    monkeypatch.delenv("TRII_API_PORT", raising=False)
    (tmp_path / "platform.env").write_text("TRII_API_PORT=18000\n")
    assert load_settings(tmp_path).api_url == "http://127.0.0.1:18000"


def test_the_callers_environment_wins_over_the_file(tmp_path, monkeypatch):
    (tmp_path / "platform.env").write_text("TRII_API_PORT=18000\n")
    monkeypatch.setenv("TRII_API_PORT", "19000")
    assert load_settings(tmp_path).api_port == 19000


def test_a_secret_is_read_from_its_file_and_never_printed(tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "trii_redis_password").write_text("hunter2")
    settings = load_settings(tmp_path)
    assert "hunter2" in settings.redis_url()
    assert "hunter2" not in repr(settings)


def test_a_wrong_setting_is_named_without_its_value(tmp_path, monkeypatch):
    monkeypatch.setenv("TRII_API_PORT", "eight")
    with pytest.raises(ConfigError, match="TRII_API_PORT") as failure:
        load_settings(tmp_path)
    assert "eight" not in str(failure.value)
    with pytest.raises(ConfigError, match="TRII_API_PORT"):
        pinned_ports()


def test_settings_cannot_be_changed(tmp_path):
    with pytest.raises(ValueError, match="frozen"):
        load_settings(tmp_path).api_port = 1


def test_a_password_with_reserved_characters_survives_the_url(tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "trii_postgres_serve_password").write_text("a/b@c:d")
    assert "a%2Fb%40c%3Ad@" in load_settings(tmp_path).postgres_dsn("serve")


def test_a_stray_ray_address_of_the_caller_does_not_reach_the_platform(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "elsewhere:6379")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://elsewhere")
    assert not {"RAY_ADDRESS", "MLFLOW_TRACKING_URI"} & inherited_environment().keys()


def test_our_own_servers_are_not_looked_for_behind_a_proxy(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    monkeypatch.setenv("no_proxy", "intranet")
    monkeypatch.delenv("NO_PROXY", raising=False)
    keep_loopback_direct()
    keep_loopback_direct()
    assert os.environ["no_proxy"] == "intranet,127.0.0.1,localhost"
    assert proxy_bypass_environment("127.0.0.1:5000")


def test_one_wrong_setting_is_told_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("TRII_SEED", "seven")
    with pytest.raises(ConfigError) as failure:
        load_settings(tmp_path)
    assert str(failure.value).count("TRII_") == 1


def test_addresses_say_who_is_spoken_to_and_how_that_is_checked(tmp_path, monkeypatch):
    plain = load_settings(tmp_path)
    assert plain.postgres_dsn("serve").endswith("@127.0.0.1:5432/trii?sslmode=prefer")
    assert plain.redis_url() == "redis://:@127.0.0.1:6379/0"
    assert plain.mlflow_url == "http://127.0.0.1:5000"
    ca = tmp_path / "our ca.pem"
    ca.touch()
    for name, value in {
        "POSTGRES_HOST": "db.internal", "POSTGRES_TLS": "verify-full", "POSTGRES_CA": str(ca),
        "REDIS_HOST": "valkey.internal", "REDIS_TLS": "true", "REDIS_CA": str(ca),
        "REDIS_USER": "trii", "MLFLOW_HOST": "mlflow.internal", "MLFLOW_TLS": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"TRII_{name}", value)
    guarded = load_settings(tmp_path)
    written = quote(str(ca), safe="")
    assert guarded.postgres_dsn("mlflow").endswith(
        f"@db.internal:5432/mlflow?sslmode=verify-full&sslrootcert={written}"
    )
    assert guarded.redis_url() == f"rediss://trii:@valkey.internal:6379/0?ssl_ca_certs={written}"
    assert guarded.mlflow_url == "https://mlflow.internal:5000"


def test_a_ca_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("TRII_POSTGRES_CA", str(tmp_path / "ca.pem"))
    with pytest.raises(ConfigError, match="TRII_POSTGRES_CA"):
        load_settings(tmp_path)
