"""A request as the options of the job's command: ``--start=2020-01-31``, ``--param=fast=20``."""

import re
from collections.abc import Iterator

from pydantic import BaseModel

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?[0-9]{0,18}\.?[0-9]{1,18}([eE][+-]?[0-9]{1,3})?")


def options(request: BaseModel) -> list[str]:
    """One option a field; what is None or an empty list is left out.

    Lists become ``A,B``, truths ``--name`` or ``--no-name``. The mapping `parameters` becomes one
    ``--param=NAME=VALUE`` an entry. Each option is one word with its value behind `=`, so that no
    value is ever taken for an option.
    """
    fields = request.model_dump(mode="json", exclude_none=True)
    return [word for name, value in fields.items() for word in _words(name, value)]


def number(text: str) -> object:
    """The number that a text is, whole or decimal; a text that is none stays one, to be refused."""
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def _words(name: str, value: object) -> Iterator[str]:
    option = name.replace("_", "-")
    if isinstance(value, dict):
        yield from (f"--param={key}={one}" for key, one in value.items())
    elif isinstance(value, list):
        yield from [f"--{option}={','.join(map(str, value))}"] if value else []
    elif isinstance(value, bool):
        yield f"--{option}" if value else f"--no-{option}"
    else:
        yield f"--{option}={value}"
