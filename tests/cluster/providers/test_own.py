"""A provider of a user's own: the one in docs/data.md, by its class and by an entry point."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from cluster.errors import BadInput
from cluster.providers import check_dataset, from_class, get_provider
from cluster.settings import Settings
from cluster.stores.lake import Lake
from jobs.ingest.run import ingest
from market.bars import BAR_SCHEMA

NOW = datetime(2024, 3, 20, 12, tzinfo=UTC)
PAGE = Path(__file__).parents[3] / "docs" / "data.md"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The folder that a user works in, with the page's provider in prices.py."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "prices.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in ("prices", "broken"):
        sys.modules.pop(name, None)


def test_the_provider_of_the_page_is_taken_whole(here):
    provider = from_class("prices:Flat")
    start, end = provider.span("1Day", now=NOW)
    tables = list(
        provider.bars("1Day", provider.instruments(), start=start, end=end, recorded_at=NOW)
    )
    assert all(table.schema == BAR_SCHEMA for table in tables)
    settings = Settings(home=here)
    report = ingest(settings, dataset="flat", clock=lambda: NOW, provider=provider)
    assert report.timeframes[0].refused == {}
    assert report.timeframes[0].written == pa.concat_tables(tables).num_rows == 2 * 54
    assert len(Lake(settings.lake_url).instruments()) == 2


def test_an_installed_package_offers_a_dataset_by_name(here):
    package = here / "flat-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: flat\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[trii.providers]\nflat = prices:Flat\n")
    with pytest.raises(BadInput, match=r"expected one of synthetic, sample, alpaca$"):
        check_dataset("flat")
    sys.path.insert(0, str(here))
    assert check_dataset("flat") == "flat"
    assert get_provider("flat", settings=Settings(home=here)).dataset == "flat"


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("prices", "expected MODULE:CLASS"),
        ("nowhere:Flat", "fails on import: ModuleNotFoundError"),
        ("prices:Sharp", "module prices has no Sharp"),
        ("prices:XNYS", "expected a subclass"),
        ("broken:Half", "cannot be made: TypeError"),
    ],
)
def test_what_is_no_provider_is_one_line(here, target, told):
    (here / "broken.py").write_text(
        "from cluster.providers import Provider\nclass Half(Provider):\n    dataset = 'half'\n"
    )
    with pytest.raises(BadInput, match=told):
        from_class(target)
