"""A node's secrets come to where its settings look for them; only Secrets Manager is played."""

import getpass
import os
import subprocess
from pathlib import Path

import pytest

from cluster.security import keys
from cluster.security.tokens import Verifier
from cluster.settings import load_settings

SCRIPT = Path(__file__).parents[3] / "infra/node/fetch-secrets"
AWS = """#!/bin/sh
[ "$3" = --secret-id ] && exec cat "$VAULT/$4"
"""


@pytest.fixture
def fetch(tmp_path):
    """Runs the script with these secrets in the vault; it may name others too."""
    home, vault, programs = (tmp_path / name for name in ("home", "vault", "bin"))
    for folder in (home, vault, programs):
        folder.mkdir()
    (programs / "aws").write_text(AWS)
    (programs / "aws").chmod(0o755)

    def run(held, *named):
        for name, value in held.items():
            (vault / name).write_text(value)
        return subprocess.run(
            ["/bin/sh", SCRIPT, "node"],
            env={
                "PATH": f"{programs}:{os.environ['PATH']}",
                "VAULT": str(vault),
                "TRII_HOME": str(home),
                "TRII_SECRETS": str(tmp_path / "memory"),
                "TRII_NODE_USER": getpass.getuser(),
                **{f"TRII_SECRET_{name.upper()}": name for name in (*held, *named)},
            },
            capture_output=True,
            text=True,
            check=False,
        )

    run.home = home
    return run


def test_settings_find_what_the_node_may_read_and_nothing_else_is_there(fetch, tmp_path):
    keys.generate(tmp_path / "pair")
    held = {"ray_auth_token": "t", "redis_password": "a b", "ray_tls_key": "k", "ray_ca_crt": "c"}
    public = (tmp_path / "pair" / keys.PUBLIC_NAME).read_text()
    done = fetch({**held, "token_public": public}, "postgres_owner_password")
    assert done.returncode == 0, done.stderr
    settings = load_settings(fetch.home)
    assert settings.redis_password.get_secret_value() == "a b"
    assert settings.postgres_owner_password.get_secret_value() == ""
    assert Verifier.from_settings(settings)
    files = {path.name: path.stat().st_mode & 0o777 for path in settings.secrets_path.iterdir()}
    names = {"trii_ray_auth_token", "trii_redis_password", "ray_tls.key", "ray_ca.crt"}
    assert files == dict.fromkeys({*names, "token_public.pem"}, 0o600)


def test_a_node_without_rays_token_does_not_start(fetch):
    done = fetch({"redis_password": "x"}, "ray_auth_token")
    assert done.returncode == 1
    assert "in the instance profile?" in done.stderr
