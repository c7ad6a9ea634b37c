"""A path is taken literally, whatever its name looks like; what can't be opened is refused by name."""

from pathlib import Path

import pytest

from cluster.errors import ConfigError
from cluster.laptop.lifecycle import up
from cluster.laptop.progress import StepLines
from cluster.settings import Settings, load_settings
from cluster.stores import places
from cluster.stores.lake import Lake
from tests.lakes import AAPL, fill

ODD = ["two words", "50%", "%2", "h#x", "is it?", "börse", "{x}", "a:b@c", "~a", "a+b=c&d", "'\"`"]


@pytest.mark.parametrize("name", ODD)
def test_a_home_of_any_name_holds_a_lake(tmp_path, name):
    settings = Settings(home=tmp_path / name)
    fill(Lake(settings.lake_url))
    again = Lake(settings.lake_url)
    assert again.bars([AAPL.instrument_id], timeframe="1Day").num_rows > 0
    assert [folder.name for folder in tmp_path.iterdir()] == [name]
    assert again.root == str(tmp_path / name / "lake") == Lake(again.root).root


@pytest.mark.parametrize("name", ["h%20x", "a%5Bb", "[1]", "a|b", "a^b", "a\\b", "a\tb"])
def test_a_folder_that_deltas_library_cannot_open_is_refused_before_anything_is_written(
    tmp_path, monkeypatch, name
):
    home = tmp_path / name
    with pytest.raises(ConfigError, match="such as TRII_LAKE_URL=file:///"):
        Lake(Settings(home=home).lake_url)
    (tmp_path / "link").symlink_to(home)
    with pytest.raises(ConfigError, match="another TRII_HOME"):
        Lake(tmp_path / "link")
    with pytest.raises(ConfigError, match="another TRII_HOME"):
        up(home, clock=None, progress=StepLines())
    assert not home.exists()
    monkeypatch.setenv("TRII_LAKE_URL", (tmp_path / "lake").as_uri())
    settings = load_settings(home)
    fill(Lake(settings.lake_url))
    assert Path(places.jobs(settings)) == home / "results" / "jobs"


def test_a_lake_for_which_no_folder_of_the_user_can_do_is_told_another(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "[me]"))
    with pytest.raises(ConfigError, match="TRII_LAKE_URL=file:///srv/trii-lake, or"):
        Lake(tmp_path / "[me]" / "lake")


def test_data_lie_below_the_home_unless_a_url_says_otherwise(tmp_path, monkeypatch):
    here = load_settings(tmp_path)
    assert here.lake_url == f"file://{tmp_path}/lake"
    assert Path(places.results(here)) == tmp_path / "results"
    assert Path(places.jobs(here)) == tmp_path / "results" / "jobs"
    assert Path(places.models(here)) == tmp_path / "models"
    monkeypatch.setenv("TRII_RESULTS_URL", "file:///srv/the%20results/")
    monkeypatch.setenv("TRII_MODELS_URL", "file://localhost/srv/models")
    there = load_settings(tmp_path)
    assert Path(places.results(there)) == Path("/srv/the results")
    assert Path(places.jobs(there)) == Path("/srv/the results/jobs")
    assert Path(places.models(there)) == Path("/srv/models")


@pytest.mark.parametrize(
    ("name", "url", "message"),
    [
        ("RESULTS", "s3://bucket//x", "=s3://bucket//x: expected a bucket and names"),
        ("MODELS", "/srv/models", "expected a file: or s3: URL"),
        ("ARTIFACTS", "gs://bucket/x", "expected a file: or s3: URL"),
        ("JOBS", "file://other/srv", "expected an absolute path"),
        ("JOBS", "file:jobs", "expected an absolute path"),
        ("RESULTS", "file:///srv/a?b", "%3F"),
        ("LAKE", "gs://bucket/lake", "expected a file: or s3: URL"),
        ("LAKE", "file://other/lake", "expected an absolute path"),
    ],
)
def test_a_place_that_cannot_be_used_is_refused_by_its_variable(
    tmp_path, monkeypatch, name, url, message
):
    monkeypatch.setenv(f"TRII_{name}_URL", url)
    with pytest.raises(ConfigError, match=f"TRII_{name}_URL") as failure:
        places.check(load_settings(tmp_path))
    assert message in str(failure.value)


def test_a_lake_in_a_bucket_keeps_its_address():
    assert Lake("s3://bucket/prefix/").root == "s3://bucket/prefix"
