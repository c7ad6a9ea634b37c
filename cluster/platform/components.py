"""The components in the order they start; `trii down` ends them in reverse."""

from cluster.platform.context import Component
from cluster.platform.mlflow import MLflow
from cluster.platform.postgres import Postgres
from cluster.platform.ray_node import RayNode
from cluster.platform.valkey import Valkey

COMPONENTS: tuple[Component, ...] = (Postgres(), Valkey(), MLflow(), RayNode())
