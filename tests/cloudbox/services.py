"""What a platform finds outside of its cluster, on one machine: PostgreSQL, Valkey, MLflow and an S3.

`python -m tests.cloudbox.services ADDRESS` runs them until it is ended. They are the laptop's own, on
loopback; before each stands a relay that speaks TLS, with a certificate for ADDRESS.
"""

import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import boto3

from cluster.laptop import credentials, ports
from cluster.laptop import state as states
from cluster.laptop.context import Platform
from cluster.laptop.mlflow import MLflow
from cluster.laptop.postgres import Postgres
from cluster.laptop.state import write_private
from cluster.laptop.valkey import Valkey
from cluster.security import keys
from cluster.settings import load_settings
from cluster.stores.settings import DataSettings
from cluster.waiting import wait_until
from tests.tls import make_authority, tls_before

HOME: Final = Path("/var/lib/trii")
READY: Final = HOME / "ready"
CA: Final = HOME / "ca.pem"
BUCKET: Final = "trii"
REGION: Final = "eu-central-1"
S3_KEY: Final = {"s3_access_key": "test", "s3_secret_key": "for-tests-only"}
S3_PORT: Final = 9000
PORTS: Final = {"postgres": 5432, "redis": 6379, "mlflow": 5000}
PLACES: Final = ("lake", "results", "models", "artifacts")


def settings_of(address: str) -> dict[str, str]:
    """Where all of it is reached, by variable, for whoever is not this machine."""
    services = ("POSTGRES", "REDIS", "MLFLOW")
    return {
        **{f"TRII_{name}_HOST": address for name in services},
        **{f"TRII_{name}_CA": "/run/trii/secrets/services_ca.crt" for name in (*services, "S3")},
        "TRII_POSTGRES_TLS": "verify-full",
        "TRII_REDIS_TLS": "true",
        "TRII_MLFLOW_TLS": "true",
        "TRII_S3_ENDPOINT": f"https://{address}:{S3_PORT}",
        "TRII_S3_REGION": REGION,
        **{f"TRII_{place.upper()}_URL": f"s3://{BUCKET}/{place}" for place in PLACES},
    }


def main(address: str) -> None:
    state = states.create(HOME, PORTS)
    state.settings = {
        "TRII_ARTIFACTS_URL": f"s3://{BUCKET}/artifacts",
        "TRII_S3_ENDPOINT": f"http://127.0.0.1:{S3_PORT}",
        "TRII_S3_REGION": REGION,
    }
    states.save(HOME, state)
    credentials.ensure(HOME / "secrets")
    keys.generate(HOME / "secrets")
    for name, value in S3_KEY.items():
        write_private(HOME / f"secrets/trii_{name}", value)
    platform = Platform(load_settings(HOME), state)
    _start_s3(platform.settings)
    for component in (Postgres(), Valkey(), MLflow()):
        component.prepare(platform)
        component.start(platform)
    authority = make_authority(HOME, address)
    with ExitStack() as relays:
        for name, port in (*PORTS.items(), ("s3", S3_PORT)):
            at = (address, port)
            relays.enter_context(tls_before(port, authority, postgres=name == "postgres", at=at))
        READY.touch()
        signal.pause()


def _start_s3(settings: DataSettings) -> None:
    # It ends with the machine.
    subprocess.Popen(
        [Path(sys.executable).with_name("moto_server"), "-H", "127.0.0.1", "-p", str(S3_PORT)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if not wait_until(lambda: ports.answers(S3_PORT), timeout_s=60):
        sys.exit("moto does not answer")
    boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint,
        region_name=REGION,
        aws_access_key_id=S3_KEY["s3_access_key"],
        aws_secret_access_key=S3_KEY["s3_secret_key"],
    ).create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})


if __name__ == "__main__":
    main(*sys.argv[1:])
