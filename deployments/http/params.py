"""Path and query parameters as one model: every fault at once, nothing unknown, nothing twice."""

from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from typing import Any, Final, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError

# The attribute by which a route finds the model of its parameters, to document them.
MODEL_ATTRIBUTE: Final = "parameter_model"


class Params(BaseModel):
    """The base of parameter models. Fields named as in the route's path come from the path."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


P = TypeVar("P", bound=Params)


def params(model: type[P]) -> Callable[[Request], Awaitable[P]]:
    """A dependency that parses path and query into `model`.

    Raises RequestValidationError with every fault; the dependency of a route's scope runs before.
    """
    lists = frozenset(
        parameter["name"] for parameter in documented(model, ()) if "style" in parameter
    )

    async def parse(request: Request) -> P:
        given, faults = _gather(request, lists)
        try:
            parsed = model.model_validate(given)
        except ValidationError as exc:
            # Without the input: an answer repeats nothing that was not checked.
            errors = exc.errors(include_url=False, include_input=False)
            faults += [{**error, "loc": _place(request, error["loc"])} for error in errors]
            raise RequestValidationError(faults) from exc
        if faults:
            raise RequestValidationError(faults)
        return parsed

    setattr(parse, MODEL_ATTRIBUTE, model)
    return parse


def refuse_query(request: Request) -> None:
    """Raise RequestValidationError where a route without query parameters is given some."""
    names = request.query_params.keys()
    if names:
        raise RequestValidationError(
            [_fault("extra_forbidden", "Extra inputs are not permitted", name) for name in names]
        )


def documented(model: type[Params], path_names: Iterable[str]) -> list[dict[str, Any]]:
    """The model's fields as OpenAPI parameters; `path_names` are those of the route's path.

    Null is left out: a parameter that is not given has no value at all. Lists are written with
    commas (`A,B`).
    """
    schema = model.model_json_schema(mode="validation")
    in_path, required = set(path_names), schema.get("required", [])
    return [
        _parameter(name, field, place="path" if name in in_path else "query")
        | {"required": name in required}
        for name, field in schema["properties"].items()
    ]


def without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a value that may be left out, without null and a default of it."""
    kept = {key: value for key, value in schema.items() if (key, value) != ("default", None)}
    kinds = [kind for kind in kept.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return kept
    del kept["anyOf"]
    return {**kinds[0], **kept}


def _parameter(name: str, field: dict[str, Any], *, place: str) -> dict[str, Any]:
    shape = without_null(field)
    found = {"name": name, "in": place, "description": shape.pop("description", "")}
    style = {"style": "form", "explode": False} if shape.get("type") == "array" else {}
    return found | style | {"schema": shape}


def _gather(request: Request, lists: Container[str]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    given: dict[str, str] = {}
    faults: list[dict[str, Any]] = []
    for name, value in request.query_params.multi_items():
        # The path's value would replace it below without a word.
        if name in request.path_params:
            faults.append(_fault("extra_forbidden", "Extra inputs are not permitted", name))
        # Clients that do not know commas give a list one value at a time.
        elif name in given and name in lists:
            given[name] += f",{value}"
        elif name in given:
            faults.append(_fault("repeated", "given more than once", name))
        else:
            given[name] = value
    return given | request.path_params, faults


def _fault(kind: str, message: str, name: str) -> dict[str, Any]:
    return {"type": kind, "loc": ("query", name), "msg": message}


def _place(request: Request, loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    return ("path" if loc and loc[0] in request.path_params else "query", *loc)
