"""A trial's source is all of the user's code that decides: cells of a notebook, modules beside it."""

import importlib
import linecache
import sys

import pytest

from cluster.own_code.sources import source_hash
from jobs.interactive.sources import hash_of_source
from market.strategies.library.sma_cross import SmaCross

CELLS = (
    """
import numpy as np
from numba import njit
from market.strategies import Int, Strategy
LEVEL = 5.0
UNUSED = 1

@njit
def share(x):
    return np.where(x > LEVEL, 1.0, 0.0)

class Base(Strategy):
    width = Int(3, 1, 9)
    inputs = ("close",)

    def scaled(self, x):
        return x / 2.0
""",
    """
class Mine(Base):
    name = "mine"

    def target(self, x):
        return [share(one) for one in self.scaled(x[0])]
""",
)


def of_notebook(*cells):
    names = {"__name__": "__main__"}
    for at, cell in enumerate(cells):
        place = f"<cell {at} {hash(cells)}>"
        linecache.cache[place] = (len(cell), None, cell.splitlines(keepends=True), place)
        exec(compile(cell, place, "exec"), names)
    return hash_of_source(names["Mine"])


def test_the_same_cells_are_the_same_source():
    moved = (CELLS[0].replace("UNUSED = 1", "UNUSED = 2"), CELLS[1])
    assert of_notebook(*CELLS) == of_notebook(*CELLS) == of_notebook(*moved)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LEVEL = 5.0", "LEVEL = 6.0"),
        ("1.0, 0.0", "0.0, 1.0"),
        ("x / 2.0", "x / 3.0"),
        ("Int(3,", "Int(4,"),
        ('("close",)', '("open",)'),
        ("self.scaled(x[0])", "x[0]"),
    ],
)
def test_any_cell_that_decides_makes_another_source(old, new):
    assert any(old in cell for cell in CELLS)
    assert of_notebook(*CELLS) != of_notebook(*(cell.replace(old, new) for cell in CELLS))


def test_a_cell_that_nobody_can_read_is_never_taken_for_another():
    names = {"__name__": "__main__"}
    exec("".join(CELLS), names)
    assert hash_of_source(names["Mine"]) != hash_of_source(names["Mine"])


def test_what_a_module_of_ones_own_imports_is_in_its_source(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_idea.py").write_text("import own_share\n" + CELLS[0] + CELLS[1])

    def found(share):
        (tmp_path / "own_share.py").write_text(f"SHARE = {share}\n")
        for name in ("own_idea", "own_share"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.invalidate_caches()
        module = importlib.import_module("own_idea")
        named = of_notebook("import own_idea\n" + CELLS[0], CELLS[1].replace("x[0]", "own_idea.x"))
        return hash_of_source(module.Mine), named

    assert all(one != other for one, other in zip(found(1), found(22), strict=True))
    assert found(1) == found(1)


def test_a_strategy_that_ships_is_its_file_as_in_a_job():
    assert hash_of_source(SmaCross) == source_hash(SmaCross)
