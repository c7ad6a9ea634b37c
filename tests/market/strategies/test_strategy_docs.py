"""`docs/strategies.md` says what the registry says, and its strategy in ten lines runs."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from market.backtest import Costs, Panel, run
from market.bars import Bars
from market.strategies import find_strategy, strategy_names

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/strategies.md").read_text()
EXAMPLE = ROOT / "examples/own_strategy.py"


def row(name: str) -> str:
    """The line of the table that describes a strategy."""
    strategy = find_strategy(name)
    parameters = "; ".join(
        f"{one.name} {one.default:g} ({one.low:g} to {one.high:g})"
        for one in strategy.parameters().values()
    )
    reads = [f"`{one}`" for one in strategy.inputs] + ["the book's closes"] * bool(strategy.history)
    first = (strategy.__doc__ or "").splitlines()[0].rstrip(".")
    return f"| `{name}` | {first} | {parameters or 'none'} | {', '.join(reads) or 'none'} | `{strategy.shape()}` |"


def test_the_page_lists_every_strategy_as_the_registry_has_it():
    _, _, rest = PAGE.partition("## What is there")
    table, _, _ = rest.partition("## Your own")
    found = [line for line in table.splitlines() if line.startswith("| `")]
    assert found == [row(name) for name in strategy_names()]


@pytest.mark.parametrize("name", strategy_names())
def test_a_strategy_says_what_each_of_its_parameters_is(name):
    strategy = find_strategy(name)
    unsaid = [one for one in strategy.parameters() if f"`{one}`" not in (strategy.__doc__ or "")]
    assert unsaid == []


def test_the_page_shows_the_example_as_it_is():
    source = EXAMPLE.read_text()
    assert source[source.index("import numpy") :] in PAGE


def test_the_example_has_ten_lines_and_trades_in_a_backtest(whole_bars):
    spec = importlib.util.spec_from_file_location("own_strategy", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    fields = {name: values[0] for name, values in whole_bars(k=1).items()}
    session = np.datetime64("2020-01-01", "D") + np.arange(len(fields["close"]))
    stamps = session.astype("datetime64[us]")
    bars = Bars("a", stamps, session, **fields, available_at=stamps + np.timedelta64(1, "D"))
    strategy = module.CalmTrend(calm=3.0)
    done = run(
        Panel.from_bars([bars]), strategy, mode="next-open", costs=Costs(), sleeve_cash=1_000.0
    )
    assert len(done.trades) > 1
    body = EXAMPLE.read_text().split("class CalmTrend")[1].splitlines()
    assert len([line for line in body if line.strip()]) <= 10
