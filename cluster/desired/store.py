"""The control truth: which applications run and which model versions serve, with an epoch.

Serve's configuration, the weights and MLflow's aliases are projections of these rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict

from cluster.stores.postgres import Connection, sql


class ServedModel(BaseModel):
    """A model version to serve. `folder` holds the artifact, `sha256` is its checksum."""

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


def read(connection: Connection) -> Desired:
    """The rows as they stand in this transaction."""
    rows = connection.execute(sql("list_desired")).fetchall()
    return Desired(
        applications={r["name"]: r["spec"] for r in rows if r["kind"] == "application"},
        models=[ServedModel(**r["spec"]) for r in rows if r["kind"] == "model"],
        epoch=max((r["epoch"] for r in rows), default=0),
    )


def set_application(connection: Connection, name: str, spec: dict[str, Any]) -> None:
    """Want this application; `spec` overrides what `serve.yaml` says of it."""
    _set(connection, "application", name, spec)


def set_model(connection: Connection, model: ServedModel) -> None:
    """Want this version to serve under its model's name."""
    _set(connection, "model", model.name, model.model_dump())


def _set(connection: Connection, kind: str, name: str, spec: dict[str, Any]) -> None:
    connection.execute(sql("set_desired"), {"kind": kind, "name": name, "spec": Jsonb(spec)})
