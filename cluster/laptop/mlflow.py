"""The MLflow server: runs, artifacts and versions, on our PostgreSQL and a folder or bucket."""

from dataclasses import dataclass

from cluster.laptop import ports, processes
from cluster.laptop.context import Platform
from cluster.stores import places
from cluster.stores.connections import MLFLOW_KEPT, MLFLOW_MORE
from cluster.stores.disk import Disk
from cluster.waiting import wait_until

_START_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class MLflow:
    """One server process; artifacts go through it, so clients need no access to where they lie."""

    name: str = "mlflow"
    port: str = "mlflow"

    def prepare(self, platform: Platform) -> None:
        # On a disk nobody else reads them; in a bucket its own rights say who does.
        place = places.artifacts(platform.settings)
        if isinstance(place, Disk):
            place.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def start(self, platform: Platform) -> None:
        dsn = platform.settings.postgres_dsn("mlflow")
        platform.spawn(
            self.name,
            [
                *("mlflow", "server", "--app-name", "trii", "--workers", "1"),
                *("--host", "127.0.0.1", "--port", str(platform.port(self.port))),
                *("--artifacts-destination", places.artifacts(platform.settings).url),
            ],
            environment={
                # In the environment: a command line is readable by every user of the machine.
                "MLFLOW_BACKEND_STORE_URI": dsn.replace("postgresql://", "postgresql+psycopg://"),
                "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
                "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
                "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": str(MLFLOW_KEPT),
                "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": str(MLFLOW_MORE),
                "GIT_PYTHON_REFRESH": "quiet",
                **platform.settings.s3_variables(),
            },
        )
        ready = wait_until(
            lambda: self._healthy(platform),
            timeout_s=_START_TIMEOUT_S,
            alive=lambda: platform.is_alive(self.name),
            every_s=0.25,
        )
        if not ready:
            raise platform.failed(self.name, "did not start")

    def stop(self, platform: Platform) -> None:
        processes.terminate(platform.record(self.name), timeout_s=15)
        processes.end_marked(platform.state.platform_id, component=self.name, timeout_s=10)

    def _healthy(self, platform: Platform) -> bool:
        return ports.serves(f"{platform.settings.mlflow_url}/health")
