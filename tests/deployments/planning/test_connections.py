"""The connections that the platform's parts open, against what a server takes."""

from cluster.settings import Settings
from cluster.stores.connections import DRIVER, RESERVED
from deployments.planning.connections import most_replicas, opened


def test_a_laptop_opens_no_more_connections_than_its_own_server_takes():
    default = {name: field.default for name, field in Settings.model_fields.items()}
    jobs = default["jobs_at_once"] * DRIVER
    wanted = sum(part.connections for part in opened()) + jobs + RESERVED
    assert wanted <= default["postgres_max_connections"]


def test_replicas_count_with_those_that_replace_them():
    assert most_replicas({"num_replicas": 2, "max_surge_percent": 50}) == 3
    assert most_replicas({"num_replicas": 3, "max_surge_percent": 50}) == 5
    scaling = {"min_replicas": 1, "max_replicas": 4}
    assert most_replicas({"autoscaling_config": scaling, "max_surge_percent": 100}) == 8
    assert most_replicas({}) == 1


def test_every_part_that_asks_postgresql_is_counted():
    assert [part.part for part in opened()] == [
        "control/Control", "stream/Stream", "api/Api", "MLflow",
    ]  # fmt: skip
