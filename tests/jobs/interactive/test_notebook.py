"""The example notebook runs from its first cell to its last, and what it shows is there."""

import ast
import json
import shutil
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[3] / "examples/own_prices.ipynb"


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """What each cell shows: the value of its last line, as a notebook has it."""
    shutil.copy(NOTEBOOK.with_name("own_strategy.py"), tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRII_HOME", str(tmp_path / "nobody"))
    names = {"__name__": "__main__"}
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    return [_run("".join(c["source"]), names) for c in cells if c["cell_type"] == "code"]


def _run(source, names):
    body = ast.parse(source)
    last = body.body.pop() if isinstance(body.body[-1], ast.Expr) else None
    exec(compile(body, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None


def test_the_example_notebook_runs_to_its_last_cell(shown, tmp_path):
    _, prices, result, stats, trades, orders, portfolio, of_file, ledger, report = shown
    assert len(prices) == 3
    assert "<svg" in result._repr_html_()
    assert stats["trades"] > 0
    assert len(trades) == len(orders) == 3
    assert set(portfolio["share"]) == {0.5}
    assert of_file.name == "calm-trend"
    assert of_file["trades"] > 0
    assert ledger.startswith("not recorded: there is no platform here")
    assert report == Path("calm.html")
    assert "calm on own" in (tmp_path / "calm.html").read_text()


def test_the_example_notebook_holds_no_outputs():
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    assert [cell for cell in cells if cell.get("outputs")] == []
