"""The layer rule: `market` ← `cluster` ← `deployments`, `training`, `jobs`; no other way round.

Within a package no circle runs between rooms, and no application imports another's inside.
"""

import ast
import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("market", "cluster", "deployments", "training", "jobs")
PACKAGES = (*LAYERS, "trii")
APPLICATIONS = ("quotes", "analysis", "predictions", "api", "stream", "live", "control")
MAY_IMPORT = {
    "market": {"market"},
    "cluster": {"market", "cluster"},
    "deployments": {"market", "cluster", "deployments"},
    "training": {"market", "cluster", "training"},
    "jobs": {"market", "cluster", "jobs"},
    # What people use by name: its stub names what stands in the layers, and nothing names it.
    "trii": {"market", "cluster", "jobs"},
}
# The two jobs that train need the training code.
MAY_TRAIN = ("jobs/train/", "jobs/sweep/")
# Names of modules as strings: loaded later, they are imports that nobody sees.
NAMES_A_MODULE = re.compile(rf"({'|'.join(LAYERS)})(\.\w+)+(:\w+)?")
MAY_NAME = {
    "cluster/cli/main.py": "the table of commands",
    "cluster/fleet/cli/__init__.py": "the table of `trii cluster`",
    "cluster/laptop/steps.py": "the table of the steps of `trii up`",
    "cluster/runtime_env.py": "Serve itself loads the edge's middleware by this name",
    "cluster/queue/rules/kinds.py": "modules of jobs as rows have them: never loaded here",
    "cluster/schedules/table.py": "modules of jobs as rows have them: never loaded here",
}
NOT_IN_MARKET = {
    "ray", "os", "socket", "subprocess", "pathlib", "requests", "httpx", "psycopg", "redis",
    "deltalake", "mlflow", "pydantic_settings", "torch",
}  # fmt: skip


def sources(package: str) -> Iterator[Path]:
    """Its modules, and the stubs that say what is loaded when it is asked for."""
    return (path for path in (ROOT / package).rglob("*.py*") if path.suffix in {".py", ".pyi"})


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All that a file consists of."""
    return tuple(ast.walk(ast.parse(path.read_text())))


def imported(path: Path) -> set[str]:
    """Top-level names of all that a file imports, inside functions too."""
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def module_file(name: str) -> Path | None:
    """The file of a module of ours; None for a name that is no module."""
    path = ROOT / name.replace(".", "/")
    both = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in both if file.is_file()), None)


def room(path: Path) -> str:
    """A folder. A file that stands in a package's root, and a noun's settings, are rooms themselves."""
    place = path.relative_to(ROOT)
    alone = len(place.parts) == 2 and place.stem != "__init__"
    return str(place if alone or place.name == "settings.py" else place.parent)


def rooms_entered(path: Path) -> set[str]:
    """The rooms of all that a file imports from its own package."""
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                names.add(whole if module_file(whole) else node.module)
    package = path.relative_to(ROOT).parts[0]
    files = [module_file(name) for name in names if name.partition(".")[0] == package]
    return {room(file) for file in files if file} - {room(path)}


def arrows(package: str) -> dict[str, set[str]]:
    """Which room of the package imports from which others."""
    found: dict[str, set[str]] = {}
    for path in sources(package):
        found.setdefault(room(path), set()).update(rooms_entered(path))
    return found


def within_reach(start: str, ways: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    left = set(ways[start])
    while left:
        place = left.pop()
        seen.add(place)
        left |= ways[place] - seen
    return seen


@pytest.mark.parametrize("package", PACKAGES)
def test_no_import_circle_runs_between_rooms(package):
    ways = arrows(package)
    circles = {
        tuple(sorted(end for end in reach if start in within_reach(end, ways)))
        for start in ways
        if start in (reach := within_reach(start, ways))
    }
    assert circles == set()


@pytest.mark.parametrize("application", APPLICATIONS)
def test_no_application_imports_another_ones_inside(application):
    others = {f"deployments/{name}" for name in APPLICATIONS if name != application}
    wrong = {
        str(path.relative_to(ROOT)): sorted(entered)
        for path in sources(f"deployments/{application}")
        if (entered := rooms_entered(path) & others)
    }
    assert wrong == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_layer_imports_only_the_layers_below_it(package):
    wrong = {
        str(path.relative_to(ROOT)): sorted(extra)
        for path in sources(package)
        if (
            extra := imported(path)
            & set(PACKAGES)
            - MAY_IMPORT[package]
            - ({"training"} if str(path.relative_to(ROOT)).startswith(MAY_TRAIN) else set())
        )
    }
    assert wrong == {}


def named(path: Path) -> set[str]:
    """Modules of ours that a file names by a string."""
    strings = (
        node.value
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return {text for text in strings if NAMES_A_MODULE.fullmatch(text)}


@pytest.mark.parametrize("package", PACKAGES)
def test_only_the_tables_name_higher_layers_by_string(package):
    wrong = {
        name: sorted(extra)
        for path in sources(package)
        if (name := str(path.relative_to(ROOT))) not in MAY_NAME
        and (
            extra := {
                text for text in named(path) if text.partition(".")[0] not in MAY_IMPORT[package]
            }
        )
    }
    assert wrong == {}


def test_every_exception_for_strings_is_still_one():
    own = MAY_IMPORT["cluster"]
    higher = {
        name: {text for text in named(ROOT / name) if text.partition(".")[0] not in own}
        for name in MAY_NAME
    }
    assert [name for name, texts in higher.items() if not texts] == []


def test_market_knows_nothing_of_ray_io_or_environment():
    wrong = {
        str(path.relative_to(ROOT)): sorted(extra)
        for path in sources("market")
        if (extra := imported(path) & NOT_IN_MARKET)
    }
    assert wrong == {}


def test_the_environment_is_read_in_the_settings_alone():
    readers = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in sources(package)
        if "os.environ" in path.read_text() or "os.getenv" in path.read_text()
    }
    assert readers <= {
        "cluster/environment.py",
        "cluster/settings.py",
        "cluster/registry/mlflow_client.py",
    }


def test_a_nouns_settings_import_nothing_of_ours():
    groups = [path for path in sources("cluster") if path.name == "settings.py"]
    wrong = {
        str(path.relative_to(ROOT)): sorted(ours)
        for path in groups
        if path.parent.name != "cluster" and (ours := imported(path) & set(PACKAGES))
    }
    assert len(groups) > 5
    assert wrong == {}


def test_no_file_outgrows_one_idea():
    long = {
        str(path.relative_to(ROOT)): lines
        for package in PACKAGES
        for path in sources(package)
        if (lines := len(path.read_text().splitlines())) > 400
    }
    assert long == {}


def test_what_jobs_share_knows_none_of_them():
    """`up` alone runs jobs: it is the steps that fill a platform."""
    folders = {path.parent.name for path in (ROOT / "jobs").glob("*/__init__.py")}
    wrong = {
        path.name: sorted(extra)
        for path in (ROOT / "jobs").glob("*.py")
        if path.name != "up.py"
        and (extra := {name for name in folders if f"jobs.{name}" in path.read_text()})
    }
    assert wrong == {}


@pytest.mark.parametrize("program", ["files", "settings", "ways", "security"])
def test_a_page_that_is_written_from_the_code_says_what_the_code_says(program):
    spec = importlib.util.spec_from_file_location(program, ROOT / f"docs/{program}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = module.PAGE.read_text()
    assert module.page(written) == written, "run `make format`"
