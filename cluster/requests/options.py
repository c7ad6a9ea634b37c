"""A request's fields as options of a command line, in both directions; its model alone says them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel

from cluster.errors import BadInput, Fault

Shape = Literal["text", "list", "pairs", "switch"]
"""One value; values with commas between; NAME=VALUE, repeatable; `--name` or `--no-name`."""

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
# The shortest form of a small float has up to 21 decimals.
_DECIMAL = re.compile(r"[+-]?[0-9]{0,18}\.?[0-9]{1,24}([eE][+-]?[0-9]{1,3})?")
_SHAPES: dict[str, Shape] = {"array": "list", "object": "pairs", "boolean": "switch"}
_LIMITS = {
    "minimum": "from",
    "exclusiveMinimum": "above",
    "gt": "above",  # of a Decimal, for which JSON has no word
    "maximum": "to",
    "exclusiveMaximum": "below",
    "le": "to",
}
_METAVARS = {("integer",): "N", ("number",): "NUMBER", ("number", "string"): "AMOUNT"}


@dataclass(frozen=True)
class Option:
    """A field as an option: `--name` with a value that `metavar` describes.

    `read` makes of one text what the model checks; what is no number stays a text, to be refused.
    """

    field: str
    name: str
    shape: Shape
    metavar: str
    help: str
    required: bool
    read: Callable[[str], object]

    def data(self, given: Any) -> object:
        """The field's value of what was given. Raises `BadInput` for pairs that are none."""
        if self.shape == "list":
            return [self.read(text.strip()) for text in given.split(",")]
        if self.shape == "pairs":
            return _pairs(self, given)
        return given if self.shape == "switch" else self.read(given)


@cache
def options_of(model: type[BaseModel]) -> tuple[Option, ...]:
    """An option a field, from what the model's JSON schema says of it."""
    schema = model.model_json_schema()
    required = schema.get("required", ())
    fields = schema.get("properties", {})
    return tuple(_option(name, told, name in required) for name, told in fields.items())


def request_data(model: type[BaseModel], given: Mapping[str, Any]) -> dict[str, object]:
    """Data for the model from what was given, by field; other names, None and () are passed by."""
    return {
        option.field: option.data(value)
        for option in options_of(model)
        if (value := given.get(option.field)) is not None and value != ()
    }


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


def number(text: str) -> object:
    """The number that a text is, whole or decimal; a text that is none stays one, to be refused."""
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def _option(field: str, told: Mapping[str, Any], required: bool) -> Option:  # noqa: FBT001  # ours
    kinds = _kinds(told)
    shape = _SHAPES.get(kinds[0].get("type", ""), "text")
    values = _entries(shape, kinds)
    is_number = all(kind.get("type") in {"integer", "number"} for kind in values)
    return Option(
        field=field,
        # A mapping's option says one entry: `--param fast=20`.
        name="param" if field == "parameters" else field.replace("_", "-"),
        shape=shape,
        metavar=_metavar(field, shape, values),
        help=_help(told, shape, values),
        required=required,
        read=number if is_number else str,
    )


def _kinds(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a value may be, besides null."""
    return [kind for kind in told.get("anyOf", (told,)) if kind.get("type") != "null"]


def _entries(shape: Shape, kinds: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What one entry of a list or a mapping may be; of other shapes the value itself."""
    if shape == "list":
        return _kinds(kinds[0]["items"])
    if shape == "pairs":
        (entries,) = kinds[0]["patternProperties"].values()
        return _kinds(entries)
    return kinds


def _metavar(field: str, shape: Shape, values: list[Mapping[str, Any]]) -> str:
    if shape == "pairs":
        return "NAME=VALUE"
    if shape == "list":
        return "N,N" if values[0].get("type") == "integer" else "A,B"
    if "enum" in values[0]:
        return "|".join(values[0]["enum"])
    if values[0].get("format") == "date":
        return "DATE"
    kinds = tuple(kind.get("type", "") for kind in values)
    return _METAVARS.get(kinds, field.upper())


def _help(told: Mapping[str, Any], shape: Shape, values: list[Mapping[str, Any]]) -> str:
    """The description, the bounds of a number, and what is taken where it is left out."""
    limits = [
        f"{word} {Decimal(str(kind[name])).normalize():,f}"
        for kind in (*values, *([] if told in values else [told]))
        for name, word in _LIMITS.items()
        if name in kind
    ]
    notes = [" ".join(limits)] if limits else []
    default = told.get("default")
    if default not in (None, []):
        notes.append(f"default: {_shown(shape, default)}")
    return f"{told['description']}  [{'; '.join(notes)}]" if notes else told["description"]


def _shown(shape: Shape, default: Any) -> str:
    if shape == "switch":
        return "yes" if default else "no"
    return ",".join(map(str, default)) if shape == "list" else str(default)


def _pairs(option: Option, texts: Iterable[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise _bad(option, f"--{option.name} {text!r}: expected NAME=VALUE, such as fast=20")
        if name in found:
            raise _bad(option, f"--{option.name} {name} is given twice")
        found[name] = option.read(value)
    return found


def _bad(option: Option, message: str) -> BadInput:
    return BadInput(message, faults=[Fault(option.field, message)])


def _words(option: Option, value: Any) -> Iterator[str]:
    if option.shape == "pairs":
        yield from (f"--{option.name}={key}={entry}" for key, entry in value.items())
    elif option.shape == "list":
        yield from [f"--{option.name}={','.join(map(str, value))}"] if value else []
    elif option.shape == "switch":
        yield f"--{option.name}" if value else f"--no-{option.name}"
    else:
        yield f"--{option.name}={value}"
