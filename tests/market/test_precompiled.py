"""What `trii kernels build` compiles is all that requests and jobs call: nobody waits for a compiler."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.laptop import kernels
from tests import numba_cache

pytestmark = pytest.mark.slow
REPOSITORY = Path(__file__).parents[2]
# Counts what a process writes into the cache, which is what it had to compile.
COUNTING = """
from market.compiled import _CacheFile
kept, made = _CacheFile.save, []
def save(self, key, data):
    made.append(self._index_name)
    kept(self, key, data)
_CacheFile.save = save
"""
ASKED = """
import numpy as np
from market.backtest import Costs, Panel, run
from market.features import SETS, InstrumentSet
from market.indicators import names, parse
from market.strategies import make_strategy
from market.synthetic import SyntheticMarket
from datetime import date
market = SyntheticMarket(instruments=6)
bars = [market.daily(symbol, date(2014, 1, 1), date(2020, 12, 31)) for symbol in market.symbols]
for name in names():
    indicator = parse(name)
    indicator.batch(bars[0])
    indicator.step(indicator.start(), bars[0].take(slice(0, 1)))
for name in ("sma-cross", "vol-target", "donchian-breakout", "buy-and-hold"):
    for some in (bars, bars[:1], [bars[0].take(np.s_[50:]), *bars[1:]]):
        run(Panel.from_bars(some), make_strategy(name, {}), mode="next-open", costs=Costs(),
            sleeve_cash=1000.0, start=date(2015, 1, 1))
for features in SETS.values():
    if isinstance(features, InstrumentSet):
        features.of_bars(bars[0])
print(sorted(set(made)))
"""

# Kernels of ours without a file after all that is to be compiled has been.
LACKING = """
import pkgutil
from importlib import import_module
from pathlib import Path
import market
from market.compiled import _Cache
from market.precompiled import precompile
for _ in precompile():
    pass
every = {
    f"{found.name}.{name}": value._cache._cache_file._index_path
    for found in pkgutil.walk_packages(market.__path__, "market.")
    for name, value in vars(import_module(found.name)).items()
    if isinstance(getattr(value, "_cache", None), _Cache) and value.__module__ == found.name
}
assert len(every) > 100
print([name for name, index in every.items() if not Path(index).exists()])
"""


def test_a_fresh_process_compiles_nothing_more():
    # Into the cache that the tests of this run share; the platform's `trii up` waits for it there.
    kernels.build(numba_cache.CACHE, lambda _: None)
    done = subprocess.run(
        [sys.executable, "-c", COUNTING + ASKED],
        capture_output=True, text=True, check=False, cwd=REPOSITORY,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


@pytest.mark.long
def test_no_kernel_is_forgotten(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LACKING],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True, text=True, check=False, cwd=REPOSITORY,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
