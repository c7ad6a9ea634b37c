"""A file against Ray's schema and every rule."""

from collections.abc import Iterator, Sequence
from typing import Final

from cluster.fleet.planning.demand import Demand
from cluster.fleet.rules import bounds, pools, reach, security, state
from cluster.fleet.rules.connections import Opens, too_few_connections
from cluster.fleet.rules.document import ClusterFile
from cluster.fleet.rules.rule import Finding, Offence, Rule, findings

RULES: Final = (*bounds.RULES, *security.RULES, *state.RULES, *reach.RULES, *pools.RULES)


def rules(demands: Sequence[Demand], opened: Sequence[Opens]) -> tuple[Rule, ...]:
    """Every rule: `demands` must find a node in the file, `opened` connections in its PostgreSQL."""
    return (*RULES, pools.waits_for_ever(demands), too_few_connections(opened))


def validate(file: ClusterFile, asked: tuple[Rule, ...]) -> list[Finding]:
    """Everything that is wrong with a file, by line.

    What Ray's own schema refuses comes alone: rules read what has its shape.
    """
    return findings((_schema(),), file) or findings(asked, file)


def _schema() -> Rule:
    def check(file: ClusterFile) -> Iterator[Offence]:
        fault = refusal(file)
        if fault:
            yield fault

    return Rule(
        "schema",
        "`ray up` refuses the file",
        "see the fields in Ray's documentation of the cluster launcher",
        check,
    )


def refusal(file: ClusterFile) -> Offence | None:
    """What Ray's own launcher says against a file, with its place; None for one that it takes."""
    # Loaded when asked: Ray takes seconds, and most commands do without it.
    from jsonschema import ValidationError  # noqa: PLC0415
    from ray.autoscaler._private.util import prepare_config, validate_config  # noqa: PLC0415

    try:
        validate_config(prepare_config(dict(file.told)))
    except ValidationError as exc:
        return Offence(tuple(exc.absolute_path), exc.message.splitlines()[0])
    except (AssertionError, ValueError, KeyError, AttributeError, TypeError) as exc:
        # Beside its schema Ray looks at some fields by hand, each with an error of its own.
        return Offence((), f"{type(exc).__name__}: {exc}")
    return None
