"""The components in the order they start; `trii down` ends them in reverse."""

from cluster.laptop.context import Component
from cluster.laptop.mlflow import MLflow
from cluster.laptop.postgres import Postgres
from cluster.laptop.ray_node import RayNode
from cluster.laptop.supervisor import Supervisor
from cluster.laptop.valkey import Valkey

COMPONENTS: tuple[Component, ...] = (
    Postgres(),
    Valkey(),
    MLflow(),
    RayNode(),
    Supervisor(),
)
