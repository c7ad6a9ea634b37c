"""A request as words of a command line, and back: ``--start=2020-01-31``, ``--param=fast=20``."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from pydantic import BaseModel

from cluster.errors import BadInput, Fault
from cluster.requests.documents import read_document
from cluster.requests.fields import Option, options_of

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
# The shortest form of a small float has up to 21 decimals.
_DECIMAL = re.compile(r"[+-]?[0-9]{0,18}\.?[0-9]{1,24}([eE][+-]?[0-9]{1,3})?")


def options(request: BaseModel) -> list[str]:
    """The request as words for its command: what `request_data` reads as the same request.

    What is None or empty is left out. Each option is one word with its value behind `=`, so that
    no value is ever taken for an option.
    """
    values = request.model_dump(mode="json", exclude_none=True)
    return [
        word
        for option in options_of(type(request))
        if option.field in values
        for word in _words(option, values[option.field])
    ]


def request_data(model: type[BaseModel], given: Mapping[str, Any]) -> dict[str, object]:
    """Data for the model from what was given, by field; other names, None and () are passed by.

    What should be a number and is none stays a text, to be refused. Raises `BadInput` for pairs
    that are none.
    """
    return {
        option.field: _value(option, value)
        for option in options_of(model)
        if (value := given.get(option.field)) is not None and value != ()
    }


def number(text: str) -> object:
    """The number that a text is, whole or decimal; a text that is none stays one, to be refused."""
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def _words(option: Option, value: Any) -> Iterator[str]:
    if option.shape == "pairs":
        yield from (f"--{option.name}={key}={entry}" for key, entry in value.items())
    elif option.shape == "list":
        yield from [f"--{option.name}={','.join(map(str, value))}"] if value else []
    elif option.shape == "switch":
        yield f"--{option.name}" if value else f"--no-{option.name}"
    elif option.shape == "document":
        yield f"--{option.name}={orjson.dumps(value).decode()}"
    else:
        yield f"--{option.name}={value}"


def _value(option: Option, given: Any) -> object:
    if option.shape == "list":
        # No name between two commas is none: a shell's empty variable, a comma at the end. A number
        # that is lacking is a fault.
        parts = (text.strip() for text in given.split(","))
        return [_read(option, part) for part in parts if part or option.of_numbers]
    if option.shape == "pairs":
        return _pairs(option, given)
    if option.shape == "document":
        return read_document(option.name, given)
    return given if option.shape == "switch" else _read(option, given)


def _read(option: Option, text: str) -> object:
    return number(text) if option.of_numbers else text


def _pairs(option: Option, texts: Iterable[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise _bad(option, f"--{option.name} {text!r}: expected NAME=VALUE, such as fast=20")
        if name in found:
            raise _bad(option, f"--{option.name} {name} is given twice")
        found[name] = _read(option, value)
    return found


def _bad(option: Option, message: str) -> BadInput:
    return BadInput(message, faults=[Fault(option.field, message)])
