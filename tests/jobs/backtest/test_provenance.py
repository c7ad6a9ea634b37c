"""A result names the code that made it: every edit of that code shows."""

import hashlib
import sys
from importlib import util
from pathlib import Path

from cluster.own_code.sources import source_hash
from cluster.stores.lake import lake
from jobs.backtest import provenance
from market.strategies.library import sma_cross

OWN = """
from market.strategies.library.sma_cross import SmaCross

class Mine(SmaCross):
    name = "mine"
"""


def test_any_edit_of_a_package_changes_its_hash(tmp_path):
    (tmp_path / "one.py").write_text("x = 1\n")
    before = provenance._sources(tmp_path)
    (tmp_path / "one.py").write_text("x = 2\n")
    edited = provenance._sources(tmp_path)
    (tmp_path / "sessions.npz").write_bytes(b"")
    assert len({before, edited, provenance._sources(tmp_path)}) == 3


def test_a_result_depends_on_the_library_and_on_the_job():
    version = provenance.code_version()
    assert {"market", "jobs.backtest", "numpy", "numba"} <= version.keys()
    assert version["market"] != version["jobs.backtest"]


def test_a_result_depends_on_what_reads_its_prices():
    version, root = provenance.code_version(), Path(lake.__file__).parent
    assert version["cluster.stores.lake"] == provenance._sources(root)


def test_a_strategy_of_ones_own_is_its_file_and_those_that_it_derives_from(tmp_path, monkeypatch):
    file = tmp_path / "mine.py"

    def load(text):
        file.write_text(text)
        spec = util.spec_from_file_location("mine", file)
        module = util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "mine", module)
        spec.loader.exec_module(module)
        return module.Mine

    before = source_hash(load(OWN))
    both = file.read_bytes() + Path(sma_cross.__file__).read_bytes()
    assert before == hashlib.sha256(both).hexdigest()
    assert source_hash(load(OWN + "    # another thought\n")) != before
