"""Coverage that looks at our packages alone, in every process that a test starts.

Coverage traces whatever Python runs, and what Ray, torch and MLflow run while they are imported is a
multiple of ours: it made each process a third slower. So in a process of the platform nothing is
traced before one of our packages is imported, and nowhere while others' modules are.

`install` lets every Python of this environment run this file when it starts, where COVERED_BY names
it: a command, a replica or a task is started by others, who know nothing of it.
"""

import builtins
import os
import sys
import sysconfig
from pathlib import Path

OURS = frozenset({"market", "cluster", "deployments", "training", "jobs", "trii"})
CALLER = "COVERED_BY"
_ORIGINAL = builtins.__import__
_LINE = (
    "import os; "
    f"{CALLER!r} in os.environ and exec(open(os.environ[{CALLER!r}]).read(), {{'__name__': 'quiet'}})\n"
)


def install(root: Path) -> None:
    """Measure what this process starts from now on, into the files that it writes itself."""
    hook = Path(sysconfig.get_path("purelib")) / "trii_quiet.pth"
    if not hook.exists() or hook.read_text() != _LINE:
        own = hook.with_suffix(f".{os.getpid()}")
        own.write_text(_LINE)
        own.replace(hook)
    os.environ |= {
        CALLER: __file__,
        "COVERAGE_FILE": str(root / ".coverage"),
        "COVERAGE_RCFILE": str(root / "pyproject.toml"),
    }
    builtins.__import__ = quiet_import


def quiet_import(name, globals=None, locals=None, fromlist=(), level=0):  # noqa: A002 - as Python calls it
    """`__import__` that traces no module of others."""
    tracer = sys.gettrace()
    if tracer is None or level or name in sys.modules or name.partition(".")[0] in OURS:
        return _ORIGINAL(name, globals, locals, fromlist, level)
    sys.settrace(None)
    try:
        return _ORIGINAL(name, globals, locals, fromlist, level)
    finally:
        sys.settrace(tracer)
        _call()  # at a call it takes hold again, not before


def _call() -> None: ...


def _first_import(name, globals=None, locals=None, fromlist=(), level=0):  # noqa: A002 - as Python calls it
    """Begins to measure with the first of our packages."""
    if not level and name.partition(".")[0] in OURS:
        builtins.__import__ = quiet_import
        _begin()
    return _ORIGINAL(name, globals, locals, fromlist, level)


def _begin() -> None:
    import coverage

    os.environ["COVERAGE_PROCESS_START"] = os.environ["COVERAGE_RCFILE"]
    coverage.process_startup()
    del os.environ["COVERAGE_PROCESS_START"]


if __name__ == "quiet":
    builtins.__import__ = _first_import
