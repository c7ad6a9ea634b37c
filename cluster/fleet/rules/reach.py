"""What every node must reach: data by URLs of a bucket, services by addresses of their own."""

from collections.abc import Iterator
from typing import Final

from cluster.fleet.elsewhere import DATA, SERVICES, variable
from cluster.fleet.rules.document import ClusterFile
from cluster.fleet.rules.rule import Offence, Rule

_SECTIONS: Final = ("head_start_ray_commands", "worker_start_ray_commands")
_DATA: Final = tuple(map(variable, DATA))
_SERVICES: Final = tuple(map(variable, SERVICES))
_LOOPBACK: Final = ("127.", "localhost", "::1")


def _data_on_one_node(file: ClusterFile) -> Iterator[Offence]:
    for section in _SECTIONS:
        told = file.environment(section)
        # Jobs' folders lie below the results unless they are said to lie elsewhere.
        names = [*_DATA, *(["TRII_JOBS_URL"] if "TRII_JOBS_URL" in told else [])]
        wrong = [name for name in names if not told.get(name, "").startswith("s3://")]
        if wrong:
            yield Offence((section,), f"{', '.join(wrong)}: not in a bucket")


def _services_on_one_node(file: ClusterFile) -> Iterator[Offence]:
    for section in _SECTIONS:
        told = file.environment(section)
        wrong = [name for name in _SERVICES if told.get(name, _LOOPBACK[0]).startswith(_LOOPBACK)]
        if wrong:
            yield Offence((section,), f"{', '.join(wrong)}: each node's own loopback")


RULES: Final = (
    Rule(
        "data-on-one-node",
        "each node would read and write a disk of its own, and lose it with the node",
        "set them to s3: URLs in the ground's settings",
        _data_on_one_node,
    ),
    Rule(
        "services-on-one-node",
        "nothing answers there",
        "set them to the services' addresses in the ground's settings",
        _services_on_one_node,
    ),
)
