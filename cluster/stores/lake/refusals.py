"""Bad input in the one form that every edge can print: the argument, and what is wrong with it."""

from cluster.errors import BadInput, Fault


def refuse(argument: str, message: str, kind: str) -> BadInput:
    """A BadInput with one fault; its text begins with the argument's name."""
    return BadInput(f"{argument}: {message}", faults=[Fault(argument, message, kind)])
