"""What is compiled is what the sources say, whatever lies in the cache on disk."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


REPOSITORY = Path(__file__).parents[2]
INNER = "from market.compiled import compiled\n@compiled\ndef inner(x):\n    return x + {}\n"
OUTER = (
    "from market.compiled import compiled\nfrom inner import inner\nfrom steps import STEP\n"
    "@compiled\ndef outer(x):\n    return inner(x) * STEP\n"
)
ASK = "import outer; print(outer.outer({}), sum(outer.outer.stats.cache_hits.values()))"


@pytest.fixture
def ask(tmp_path):
    """Writes the modules anew and gives what a fresh process answers, and what its cache had."""

    def run(*, added=1, step=1, by="1.0"):
        (tmp_path / "inner.py").write_text(INNER.format(added))
        (tmp_path / "steps.py").write_text(f"STEP = {step}.0\n")
        (tmp_path / "outer.py").write_text(OUTER)
        done = subprocess.run(
            [sys.executable, "-c", ASK.format(by)],
            cwd=tmp_path,
            env={"PYTHONPATH": f"{tmp_path}:{REPOSITORY}", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        value, hits = done.stdout.split()
        return float(value), int(hits)

    return run


def test_a_kernel_is_found_compiled_and_follows_every_change_of_what_it_imports(ask):
    assert ask() == (2.0, 0)
    assert ask() == (2.0, 1)
    assert ask(added=2) == (3.0, 0)
    assert ask(added=2, step=5) == (15.0, 0)
    assert ask(added=2, step=5) == (15.0, 1)


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
