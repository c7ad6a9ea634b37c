"""Packages whose names are loaded when they are used: all that they list is there, and only then."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAZY = sorted(
    ".".join(stub.parent.relative_to(ROOT).parts)
    for package in ("market", "cluster", "deployments", "training", "jobs", "trii")
    for stub in (ROOT / package).rglob("__init__.pyi")
)


@pytest.mark.parametrize("package", LAZY)
def test_every_name_that_a_package_lists_is_there(package):
    module = import_module(package)
    assert dir(module) == sorted(module.__all__)
    assert len({id(getattr(module, name)) for name in module.__all__}) == len(module.__all__) > 5


@pytest.mark.parametrize("package", LAZY)
def test_a_name_that_is_not_there_is_refused_as_usual(package):
    with pytest.raises(AttributeError, match=f"'{package}' has no attribute 'nothing'"):
        _ = import_module(package).nothing
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        exec(f"from {package} import nothing")


def test_importing_a_package_loads_none_of_its_modules():
    code = (
        f"import sys, {', '.join(LAZY)}\n"
        f"print([name for name in sys.modules if name.startswith({tuple(f'{one}.' for one in LAZY)})])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
