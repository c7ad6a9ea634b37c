"""Writes the tables of `settings.md` from the settings themselves: `make format`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from cluster.settings import Settings

PAGE = Path(__file__).parent / "settings.md"
MARK = "<!-- tables: written by `make format` from the settings -->\n"
# Where a default depends on another setting or on the machine.
COMPUTED = {
    "home": "`~/.trii`; for root `/var/lib/trii`",
    "lake_url": "`lake` below the home",
    "results_url": "`results` below the home",
    "models_url": "`models` below the home",
    "jobs_url": "`jobs` below the results",
    "artifacts_url": "`artifacts` below the home",
}


def groups() -> Iterator[type[BaseModel]]:
    """The platform's own, then each noun's."""
    yield Settings
    for kind in reversed(Settings.__mro__[1:]):
        if kind.__module__.startswith("cluster.") and issubclass(kind, BaseModel):
            yield kind


def row(name: str, field: FieldInfo) -> str:
    """Variable, default, meaning."""
    meaning = f"{field.description}{choices(field.annotation)}".replace("|", "\\|")
    return f"| `TRII_{name.upper()}` | {default(name, field)} | {meaning} |"


def default(name: str, field: FieldInfo) -> str:
    """As one would write it; a secret's is its file."""
    if name in COMPUTED:
        return COMPUTED[name]
    value = field.default
    if isinstance(value, SecretStr):
        return f"the file `trii_{name}`"
    if isinstance(value, str | Path) or not isinstance(value, dict | tuple | bool):
        return "" if value is None else f"`{value}`"
    return f"`{json.dumps(value)}`"


def choices(kind: Any) -> str:
    """The values that it takes, where they can be listed."""
    inner = next(
        (choice for choice in (kind, *get_args(kind)) if get_origin(choice) is Literal), None
    )
    return f": {', '.join(f'`{value}`' for value in get_args(inner))}" if inner else ""


def page(text: str) -> str:
    """The page with its tables written anew; the words before the mark are people's own."""
    words, _, _ = text.partition("<!-- tables")
    tables = []
    for group in groups():
        names = [name for name in Settings.model_fields if name in group.__annotations__]
        rows = "\n".join(row(name, Settings.model_fields[name]) for name in names)
        tables.append(
            f"### {(group.__doc__ or '').splitlines()[0]}\n\n"
            f"Declared in `{group.__module__.replace('.', '/')}.py`.\n\n"
            f"| variable | default | meaning |\n|---|---|---|\n{rows}\n"
        )
    return words + MARK + "\n" + "\n".join(tables)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
