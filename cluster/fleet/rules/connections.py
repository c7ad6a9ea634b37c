"""Whether PostgreSQL takes as many connections as the platform's parts may open."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from cluster.fleet.rules.document import ClusterFile
from cluster.fleet.rules.rule import Offence, Rule
from cluster.settings import Settings
from cluster.stores.connections import DRIVER, RESERVED

_MOST: Final = "postgres_max_connections"
_JOBS: Final = "jobs_at_once"
# Replicas, loops and jobs run on workers; the head opens none.
_SECTION: Final = "worker_start_ray_commands"


class Opens(NamedTuple):
    """A part of the platform with the connections that it opens at most."""

    part: str
    connections: int


def too_few_connections(parts: Sequence[Opens]) -> Rule:
    """The rule that these, the jobs and a reserve find room in what the file says of PostgreSQL."""

    def check(file: ClusterFile) -> Iterator[Offence]:
        for what in _beyond(file.environment(_SECTION), parts):
            yield Offence((_SECTION,), what)

    return Rule(
        "postgres-connections",
        "the last to come are refused: requests are answered 503, and loops and jobs fail",
        "raise the server's max_connections and TRII_POSTGRES_MAX_CONNECTIONS with it, or lower "
        "TRII_JOBS_AT_ONCE, or replicas in deployments/serve.yaml",
        check,
    )


def _beyond(told: dict[str, str], parts: Sequence[Opens]) -> Iterator[str]:
    numbers = {name: _number(told, name) for name in (_MOST, _JOBS)}
    for name, number in numbers.items():
        if number is None:
            yield f"{_variable(name)}={told[_variable(name)]} is no number"
    most, jobs = numbers[_MOST], numbers[_JOBS]
    if most is None or jobs is None:
        return
    every = [*parts, Opens("jobs", jobs * DRIVER), Opens("reserve", RESERVED)]
    wanted = sum(part.connections for part in every)
    if wanted > most:
        listed = ", ".join(f"{part.part} {part.connections}" for part in every)
        yield f"{most} connections of PostgreSQL for {wanted} ({listed})"


def _number(told: dict[str, str], name: str) -> int | None:
    """What the file says, else what holds by default; None for what is no number."""
    text = told.get(_variable(name), str(Settings.model_fields[name].default))
    return int(text) if text.isdecimal() else None


def _variable(name: str) -> str:
    return f"TRII_{name.upper()}"
