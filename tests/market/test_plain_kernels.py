"""Kernels that are not compiled hold what they hold compiled, recorded bits included.

Whoever steps through one with a debugger (NUMBA_DISABLE_JIT=1) sees what production computes, and
what these tests reach of the kernels counts as covered.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


HERE = Path(__file__).parent
INDICATORS = (
    "test_indicators.py",
    "test_indicator_properties.py::test_bits_are_the_same_on_every_machine",
    "test_indicator_properties.py::test_a_panel_has_the_bits_of_its_rows",
)
BACKTEST = (
    "backtest/test_kernel.py::test_a_trade_by_hand",
    "backtest/test_kernel.py::test_an_open_position_is_marked_at_the_last_close_and_pays_no_exit",
    "backtest/test_kernel.py::test_an_order_waits_for_the_next_bar_where_one_is_missing",
    "backtest/test_kernel.py::test_the_bits_of_the_equity_matrix_are_those_on_record",
    "strategies/test_portfolio_strategies.py::test_no_weight_depends_on_a_later_close",
    "strategies/test_symbol_strategies.py",
    # What the compiler refuses is no fault of the same in Python.
    "--deselect=tests/market/strategies/test_symbol_strategies.py::"
    "test_a_step_that_does_not_compile_is_refused_in_one_line",
)
RESEARCH = (
    "features/test_universe.py",
    "features/test_window_set.py",
    "labels",
    "models/test_forward.py",
    "portfolio/test_risk.py",
    "quality/test_validation.py",
    "worlds/test_reproducible.py::test_the_world_of_seed_7_is_the_same_on_every_machine",
)


def test_what_holds_of_compiled_kernels_holds_of_the_same_in_python():
    outer = {name for name in os.environ if name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         "--hypothesis-profile=few", *INDICATORS, *BACKTEST, *RESEARCH],
        cwd=HERE,
        env={name: value for name, value in os.environ.items() if name not in outer}
        | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
