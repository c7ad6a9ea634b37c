"""A result names the code that made it: every edit of that code shows."""

from types import ModuleType

from jobs import provenance


def test_any_edit_of_a_package_changes_its_hash(tmp_path):
    package = ModuleType("package")
    package.__path__ = [str(tmp_path)]
    (tmp_path / "one.py").write_text("x = 1\n")
    before = provenance._sources(package)
    (tmp_path / "one.py").write_text("x = 2\n")
    assert provenance._sources(package) != before


def test_a_result_depends_on_the_library_and_on_the_job():
    version = provenance.code_version()
    assert {"market", "jobs.backtest", "numpy", "numba"} <= version.keys()
    assert version["market"] != version["jobs.backtest"]
