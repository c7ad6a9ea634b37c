"""From a pydantic error to `BadInput`: every fault at once, the input never echoed."""

import re

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
    is_named = not names or re.search(rf"\b{re.escape(names[-1])}\b(?!'s)", fault.msg)
    return fault.msg if is_named else f"{fault.loc}: {fault.msg}"
