"""The ways that `docs/architecture.md` names: every file is there, and is found from one before it."""

import ast
import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from tests.test_architecture import ROOT, module_file

MOST = 30
# What enters a stretch by name: commands, modules of jobs, loops, and what Serve loads.
TABLES = (
    "cluster/cli/main.py",
    "cluster/queue/rules/kinds.py",
    "cluster/runtime_env.py",
    "cluster/schedules/table.py",
    "deployments/control/loops.py",
    "deployments/serve.yaml",
    *(
        str(path.relative_to(ROOT))
        for package in ("cluster", "jobs")
        for path in (ROOT / package).rglob("cli/__init__.py")
    ),
)


def program():
    spec = importlib.util.spec_from_file_location("ways", ROOT / "docs/ways.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WAYS = program().ways((ROOT / "docs/architecture.md").read_text())


def files_of(title: str) -> list[str]:
    """The files of a way, in order."""
    return [*chain(*WAYS[title])]


def defining(module: str, name: str) -> Iterator[Path]:
    """The file that a name is imported from, through packages that only pass it on."""
    if whole := module_file(f"{module}.{name}"):
        yield whole
        return
    file = module_file(module)
    if file is None:
        return
    yield file
    stub = file.with_suffix(".pyi")
    if file.stem == "__init__":
        passed_on = ast.parse((stub if stub.exists() else file).read_text()).body
        for node in passed_on:
            if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
                yield from defining(node.module, name)


@cache
def entered(name: str) -> set[Path]:
    """The files that a file imports from."""
    found: set[Path] = set()
    for node in ast.walk(ast.parse((ROOT / name).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                found.update(defining(node.module, alias.name))
    return found


def names(holder: str, file: str) -> bool:
    """Whether one imports from the other, or has its module as a text."""
    if holder.endswith(".py") and ROOT / file in entered(holder):
        return True
    module = re.escape(file.removesuffix(".py").removesuffix("/__main__").replace("/", "."))
    return bool(re.search(rf'["\s]{module}["\s:]', (ROOT / holder).read_text()))


def test_each_way_that_the_page_tells_has_its_files():
    assert len(WAYS) == 6
    assert [title for title, way in WAYS.items() if not all(way)] == []


@pytest.mark.parametrize("title", WAYS)
def test_a_way_is_followed_in_thirty_files_or_fewer(title):
    files = files_of(title)
    assert [file for file in files if not (ROOT / file).is_file()] == []
    assert len(files) == len({*files})
    assert len(files) <= MOST, f"{title}: {len(files)} files"


@pytest.mark.parametrize("title", WAYS)
def test_each_file_of_a_way_is_found_from_one_before_it(title):
    """By an import or by its name; a stretch may also begin where a table names it."""
    before: list[str] = []
    lost = []
    for stretch in WAYS[title]:
        for place, file in enumerate(stretch):
            holders = (*before, *TABLES) if place == 0 else before
            if not any(names(holder, file) for holder in holders):
                lost.append(file)
            before.append(file)
    assert lost == []
