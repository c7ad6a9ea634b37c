"""A YAML document that an option names: a file, or the document itself in braces."""

import re
from pathlib import Path
from typing import Any

import yaml

from cluster.errors import BadInput, Fault

_MOST_BYTES = 100_000


class _Loader(yaml.SafeLoader):
    """YAML as people write it: 1e-3 is a number, and no name may be said twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - yaml's signature
        said: set[object] = set()
        for key, _ in node.value:
            if key.value in said:
                raise yaml.MarkedYAMLError(
                    problem=f"{key.value} is said twice", problem_mark=key.start_mark
                )
            said.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+"),
    list("-+.0123456789"),
)


def read_document(name: str, given: str) -> object:
    """What the file says, or the text where it stands in braces. Raises BadInput with the line."""
    inline = _is_document(given)
    place = f"--{name}" if inline else f"--{name} {given}"
    text = given if inline else _text(name, Path(given))
    try:
        found = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as exc:
        line = "" if exc.problem_mark is None else f", line {exc.problem_mark.line + 1}"
        raise _refused(name, f"{place}{line}: {exc.problem or 'not YAML'}") from exc
    except (yaml.YAMLError, RecursionError) as exc:
        raise _refused(name, f"{place}: {str(exc).splitlines()[0]}") from exc
    # An empty file says the same as empty braces.
    return {} if found is None else found


def _is_document(given: str) -> bool:
    """A folder may be called {x}: what ends within no brace is a file where there is one."""
    text = given.strip()
    return text.startswith("{") and (text.endswith("}") or not _is_file(given))


def _is_file(given: str) -> bool:
    try:
        return Path(given).is_file()
    except (OSError, ValueError):  # longer than any name, or with signs that none has
        return False


def _text(name: str, path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _refused(name, f"--{name} {path}: expected at most {_MOST_BYTES:,} bytes")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        raise _refused(name, f"--{name} {path}: expected a text in UTF-8") from exc
    except (OSError, ValueError) as exc:
        why = getattr(exc, "strerror", None) or str(exc)
        raise _refused(name, f"--{name} {path}: {why}: expected a YAML file") from exc


def _refused(name: str, message: str) -> BadInput:
    return BadInput(message, faults=[Fault(name, message)])
