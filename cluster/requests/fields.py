"""A request's fields as options of a command line: name, form and help, from its model alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel

Shape = Literal["text", "list", "pairs", "switch", "document"]
"""One value; values with commas between; NAME=VALUE, repeatable; `--name` or `--no-name`; a file."""
Schema = Mapping[str, Any]

_SHAPES: dict[str, Shape] = {"array": "list", "object": "pairs", "boolean": "switch"}
_LIMITS = {
    "minimum": "from",
    "exclusiveMinimum": "above",
    "gt": "above",  # of a Decimal, for which JSON has no word
    "maximum": "to",
    "exclusiveMaximum": "below",
    "le": "to",
}
_SHAPED: dict[Shape, str] = {"pairs": "NAME=VALUE", "document": "FILE"}
_METAVARS = {("integer",): "N", ("number",): "NUMBER", ("number", "string"): "AMOUNT"}


@dataclass(frozen=True)
class Option:
    """A field as an option: `--name` with a value that `metavar` describes.

    `of_numbers`: its value, or each one of its list or its pairs, is a number.
    """

    field: str
    name: str
    shape: Shape
    of_numbers: bool
    metavar: str
    help: str
    required: bool


@cache
def options_of(model: type[BaseModel]) -> tuple[Option, ...]:
    """An option a field, from what the model's JSON schema says of it."""
    schema = model.model_json_schema()
    required = schema.get("required", ())
    fields = schema.get("properties", {})
    return tuple(_option(name, told, required=name in required) for name, told in fields.items())


def _option(field: str, told: Schema, *, required: bool) -> Option:
    kinds = _kinds(told)
    nested = "$ref" in kinds[0]  # a model of its own
    shape = "document" if nested else _SHAPES.get(kinds[0].get("type", ""), "text")
    values = _entries(shape, kinds)
    return Option(
        field=field,
        # A mapping's option says one entry: `--param fast=20`.
        name="param" if field == "parameters" else field.replace("_", "-"),
        shape=shape,
        of_numbers=all(kind.get("type") in {"integer", "number"} for kind in values),
        metavar=_metavar(field, shape, values),
        help=_help(told, shape, values),
        required=required,
    )


def _kinds(told: Schema) -> list[Schema]:
    """What a value may be, besides null."""
    return [kind for kind in told.get("anyOf", (told,)) if kind.get("type") != "null"]


def _entries(shape: Shape, kinds: list[Schema]) -> list[Schema]:
    """What one entry of a list or a mapping may be; of other shapes the value itself."""
    if shape == "list":
        return _kinds(kinds[0]["items"])
    if shape == "pairs":
        (entries,) = kinds[0]["patternProperties"].values()
        return _kinds(entries)
    return kinds


def _metavar(field: str, shape: Shape, values: list[Schema]) -> str:
    if shape in _SHAPED:
        return _SHAPED[shape]
    if shape == "list":
        return "N,N" if values[0].get("type") == "integer" else "A,B"
    if "enum" in values[0]:
        return "|".join(values[0]["enum"])
    if values[0].get("format") == "date":
        return "DATE"
    kinds = tuple(kind.get("type", "") for kind in values)
    return _METAVARS.get(kinds, field.upper())


def _help(told: Schema, shape: Shape, values: list[Schema]) -> str:
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
