"""From a pydantic error to `BadInput`: every fault at once, the input never echoed."""

from pydantic import ValidationError

from cluster.errors import BadInput, Fault


def bad_input(what: str, error: ValidationError) -> BadInput:
    """One line for people, and a fault for each thing that is wrong with `what`."""
    faults = [
        Fault(".".join(map(str, fault["loc"])), fault["msg"], fault["type"])
        for fault in error.errors(include_input=False, include_url=False, include_context=False)
    ]
    return BadInput(f"{what}: {'; '.join(map(_line, faults))}", faults=faults)


def _line(fault: Fault) -> str:
    """The place and the rule; a message that names its field stands alone."""
    names = [part for part in fault.loc.split(".") if not part.isdigit()]
    return fault.msg if not names or names[-1] in fault.msg else f"{fault.loc}: {fault.msg}"
