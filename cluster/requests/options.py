"""A request as the options of the job's command: ``--start=2020-01-31``, ``--param=fast=20``."""

from collections.abc import Iterator

from pydantic import BaseModel


def options(request: BaseModel) -> list[str]:
    """One option a field; what is None or an empty list is left out.

    Lists become ``A,B``. The mapping `parameters` becomes one ``--param=NAME=VALUE`` an entry. Each
    option is one word with its value behind `=`, so that no value is ever taken for an option.
    """
    fields = request.model_dump(mode="json", exclude_none=True)
    return [word for name, value in fields.items() for word in _words(name, value)]


def _words(name: str, value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"--param={key}={one}" for key, one in value.items())
    elif isinstance(value, list):
        yield from [f"--{name.replace('_', '-')}={','.join(map(str, value))}"] if value else []
    else:
        yield f"--{name.replace('_', '-')}={value}"
