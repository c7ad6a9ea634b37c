"""The layer rule: `market` ← `cluster` ← `deployments`, `training`, `jobs`; no other way round."""

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("market", "cluster", "deployments", "training", "jobs")
MAY_IMPORT = {
    "market": {"market"},
    "cluster": {"market", "cluster"},
    "deployments": {"market", "cluster", "deployments"},
    "training": {"market", "cluster", "training"},
    "jobs": {"market", "cluster", "jobs"},
}
# The three jobs that train and score need the training code.
EXCEPTIONS = {f"jobs/{name}.py": {"training"} for name in ("train", "sweep", "score")}
# Names of modules as strings: loaded later, they are imports that nobody sees.
NAMES_A_MODULE = re.compile(rf"({'|'.join(PACKAGES)})(\.\w+)+(:\w+)?")
MAY_NAME = {
    "cluster/cli/main.py": "the table of commands",
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
    return (ROOT / package).rglob("*.py")


def imported(path: Path) -> set[str]:
    """Top-level names of all that a file imports, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_a_layer_imports_only_the_layers_below_it(package):
    wrong = {
        str(path.relative_to(ROOT)): sorted(extra)
        for path in sources(package)
        if (
            extra := imported(path)
            & set(PACKAGES)
            - MAY_IMPORT[package]
            - EXCEPTIONS.get(str(path.relative_to(ROOT)), set())
        )
    }
    assert wrong == {}


def named(path: Path) -> set[str]:
    """Modules of ours that a file names by a string."""
    strings = (
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
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
    assert [name for name in MAY_NAME if not named(ROOT / name)] == []


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
    assert readers <= {"cluster/settings.py", "cluster/registry/mlflow_client.py"}


def test_no_file_outgrows_one_idea():
    long = {
        str(path.relative_to(ROOT)): lines
        for package in PACKAGES
        for path in sources(package)
        if (lines := len(path.read_text().splitlines())) > 400
    }
    assert long == {}


def test_the_architecture_page_lists_every_file_as_its_docstring_does():
    path = ROOT / "docs/files.py"
    spec = importlib.util.spec_from_file_location("files", path)
    files = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(files)
    written = files.PAGE.read_text()
    assert files.page(written) == written, "run `make format`"
