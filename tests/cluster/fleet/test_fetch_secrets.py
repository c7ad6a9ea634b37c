"""A node's secrets come to where its settings look for them; only Secrets Manager is played."""

import getpass
import json
import os
import subprocess
from pathlib import Path

import pytest
from pydantic import SecretStr

from cluster.fleet.source import secrets
from cluster.security import keys
from cluster.security.tokens import Verifier
from cluster.settings import Settings, load_settings

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

    def run(held, *named, role="node", **told):
        for name, value in held.items():
            (vault / name).write_text(value)
        return subprocess.run(
            ["/bin/sh", SCRIPT, role],
            env={
                "PATH": f"{programs}:{os.environ['PATH']}",
                "VAULT": str(vault),
                "TRII_HOME": str(home),
                "TRII_SECRETS": str(tmp_path / "memory"),
                "TRII_NODE_USER": getpass.getuser(),
                **{f"TRII_SECRET_{name.upper()}": name for name in (*held, *named)},
                **told,
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


LISTS = {
    secrets.variable(role): " ".join(secrets.needed(role, secrets.NEEDED[role])).upper()
    for role in secrets.NEEDED
}
EVERY = {name: "x" for names in secrets.NEEDED.values() for name in names}


def files(fetch):
    return {path.name for path in (fetch.home / "secrets").iterdir()}


@pytest.mark.parametrize("role", secrets.NEEDED)
def test_a_node_holds_what_its_pool_needs_though_its_profile_would_give_more(fetch, role):
    labels = json.dumps({f"trii/pool-{role}": "true", "trii/market": "spot"})
    told = LISTS if role == "head" else LISTS | {"RAY_OVERRIDE_LABELS": labels}
    done = fetch(EVERY, role="head" if role == "head" else "node", **told)
    assert done.returncode == 0, done.stderr
    assert len(files(fetch)) == len(secrets.NEEDED[role])
    serves = {"trii_postgres_serve_password", "trii_redis_password", "token_private.pem"}
    assert (serves & files(fetch) == serves) == (role == "serve")
    assert ("trii_postgres_jobs_password" in files(fetch)) == (role in {"batch", "gpu", "gpu-spot"})


def test_a_machine_without_a_label_or_lists_holds_what_its_profile_gives(fetch):
    assert fetch(EVERY, **LISTS).returncode == 0
    assert len(files(fetch)) == len(EVERY)


def test_a_file_without_lists_is_as_it_was(fetch):
    assert fetch(EVERY, RAY_OVERRIDE_LABELS='{"trii/pool-batch": "true"}').returncode == 0
    assert len(files(fetch)) == len(EVERY)


def test_every_secret_of_the_settings_is_needed_somewhere_or_by_nobody_on_a_node():
    told = {name for name, field in Settings.model_fields.items() if field.annotation is SecretStr}
    # Who migrates the schema does it from outside, and MLflow's server is no node of the cluster.
    assert told - set(EVERY) == {"postgres_owner_password", "postgres_mlflow_password"}
