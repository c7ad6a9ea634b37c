"""What is compiled is what the sources say, whatever lies in the cache on disk."""

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.waiting import wait_until

pytestmark = pytest.mark.slow


REPOSITORY = Path(__file__).parents[2]
INNER = "from market.compiled import compiled\n@compiled\ndef inner(x):\n    return x + {}\n"
OUTER = (
    "from market.compiled import compiled\nfrom inner import inner\nfrom steps import STEP\n"
    "@compiled\ndef outer(x):\n    return inner(x) * STEP\n"
)
ASK = "import outer; print(outer.outer({}), sum(outer.outer.stats.cache_hits.values()))"


@pytest.fixture
def begin(tmp_path):
    """Writes the modules anew and starts a process that asks for the kernel's answer."""

    def run(*, added=1, step=1, by="1.0"):
        (tmp_path / "inner.py").write_text(INNER.format(added))
        (tmp_path / "steps.py").write_text(f"STEP = {step}.0\n")
        (tmp_path / "outer.py").write_text(OUTER)
        return subprocess.Popen(
            [sys.executable, "-c", ASK.format(by)],
            cwd=tmp_path,
            env={"PYTHONPATH": f"{tmp_path}:{REPOSITORY}", "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )

    return run


def answer(process):
    """What the process answers, and how often its cache had the kernel."""
    value, hits = process.communicate()[0].split()
    assert process.returncode == 0
    return float(value), int(hits)


@pytest.fixture
def ask(begin):
    return lambda **changes: answer(begin(**changes))


def test_a_kernel_is_found_compiled_and_follows_every_change_of_what_it_imports(ask):
    assert ask() == (2.0, 0)
    assert ask(added=2) == (3.0, 0)
    assert ask(added=2, step=5) == (15.0, 0)
    assert ask(added=2, step=5) == (15.0, 1)


def test_a_process_that_needs_a_kernel_which_another_compiles_waits_and_finds_it(begin, tmp_path):
    assert answer(begin()) == (2.0, 0)
    (index,) = (tmp_path / "__pycache__").glob("outer.outer*.nbi")
    first = index.read_bytes()
    index.unlink()
    with index.with_suffix(".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = begin()
        opened = Path(f"/proc/{process.pid}/fd")
        wait_until(
            lambda: Path(lock.name) in {fd.resolve() for fd in opened.iterdir()}, timeout_s=60
        )
        index.write_bytes(first)
    assert answer(process) == (2.0, 1)


@pytest.mark.long
def test_two_processes_that_compile_for_other_types_at_once_never_mix_them_up(ask, tmp_path):
    """As if the second had begun before the first one's entry stood in the index."""
    assert ask(by="1.0") == (2.0, 0)
    (index,) = (tmp_path / "__pycache__").glob("outer.outer*.nbi")
    first = index.read_bytes()
    index.unlink()
    assert ask(by="1") == (2, 0)
    index.write_bytes(first)
    assert ask(by="1.0") == (2.0, 1)
