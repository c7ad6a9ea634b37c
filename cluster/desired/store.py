"""The control truth by cluster: which applications run, which model versions serve, and its epoch.

Serve's configuration, the weights and MLflow's aliases are projections of these rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict

from cluster.stores.postgres import Connection, sql


class ServedModel(BaseModel):
    """A model version to serve. `folder` is the URL (or path) of its artifact, `sha256` its checksum."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    alias: str
    kind: Literal["probability", "quantiles"]
    horizon: int
    folder: str
    sha256: str


@dataclass(frozen=True)
class Desired:
    """All rows at one moment; `epoch` is the newest change among them."""

    applications: dict[str, dict[str, Any]]
    models: Sequence[ServedModel]
    epoch: int


Stage = Literal["moving", "reached", "refused"]


@dataclass(frozen=True)
class Reached:
    """How far Serve has come: `digest` is of its document, `reason` says how far, or why not."""

    epoch: int
    digest: str
    state: Stage
    reason: str = ""


def read(connection: Connection, cluster: str) -> Desired:
    """The rows of a cluster as they stand in this transaction."""
    rows = connection.execute(sql("list_desired"), {"cluster": cluster}).fetchall()
    return Desired(
        applications={r["name"]: r["spec"] for r in rows if r["kind"] == "application"},
        models=[ServedModel(**r["spec"]) for r in rows if r["kind"] == "model"],
        epoch=max((r["epoch"] for r in rows), default=0),
    )


def clusters(connection: Connection) -> list[str]:
    """The clusters that want anything."""
    return [row["cluster"] for row in connection.execute(sql("list_clusters"))]


def set_application(connection: Connection, cluster: str, name: str, spec: dict[str, Any]) -> None:
    """Want this application; `spec` overrides what `serve.yaml` says of it."""
    _set(connection, cluster, "application", name, spec)


def set_model(connection: Connection, cluster: str, model: ServedModel) -> None:
    """Want this version to serve under its model's name."""
    _set(connection, cluster, "model", model.name, model.model_dump())


def renew(connection: Connection, cluster: str) -> None:
    """Want the same applications once more, with a new epoch."""
    connection.execute(sql("lock_desired"))
    connection.execute(sql("renew_desired"), {"cluster": cluster})


def read_reached(connection: Connection, cluster: str) -> Reached | None:
    """What the loop `reconcile` said last; None where it never ran."""
    row = connection.execute(sql("get_reached"), {"cluster": cluster}).fetchone()
    return None if row is None else Reached(**row)


def write_reached(connection: Connection, cluster: str, reached: Reached) -> None:
    """Say how far Serve has come."""
    connection.execute(sql("set_reached"), {"cluster": cluster, **vars(reached)})


def _set(connection: Connection, cluster: str, kind: str, name: str, spec: dict[str, Any]) -> None:
    row = {"cluster": cluster, "kind": kind, "name": name, "spec": Jsonb(spec)}
    connection.execute(sql("lock_desired"))
    connection.execute(sql("set_desired"), row)
