"""A file against Ray's schema and every rule."""

from collections.abc import Iterator, Sequence
from typing import Final

from cluster.fleet.planning.demand import Demand
from cluster.fleet.rules import bounds, pools, security, state
from cluster.fleet.rules.document import ClusterFile
from cluster.fleet.rules.rule import Finding, Offence, Rule, findings

RULES: Final = (*bounds.RULES, *security.RULES, *state.RULES, *pools.RULES)


def validate(file: ClusterFile, demands: Sequence[Demand]) -> list[Finding]:
    """Everything that is wrong with a file, by line; `demands` is what must find a node in it.

    What Ray's own schema refuses comes alone: rules read what has its shape.
    """
    refused = findings((_schema(),), file)
    return refused or findings((*RULES, pools.waits_for_ever(demands)), file)


def _schema() -> Rule:
    def check(file: ClusterFile) -> Iterator[Offence]:
        fault = _refusal(file)
        if fault:
            yield fault

    return Rule(
        "schema",
        "`ray up` refuses the file",
        "see the fields in Ray's documentation of the cluster launcher",
        check,
    )


def _refusal(file: ClusterFile) -> Offence | None:
    """What Ray says against it, with its place."""
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
