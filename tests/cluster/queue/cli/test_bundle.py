"""`trii jobs submit --bundle`: what travels is told, and nothing is queued that could not run."""

import json

import pytest

from cluster.bundles import bundle as bundles

CODE = {"own/__init__.py": "", "own/run.py": "X = 1\n", "prices.csv": "1\n", "a.parquet": ""}


@pytest.fixture
def code(tmp_path):
    """A folder with a module `own.run` and files that are no code."""
    for name, text in CODE.items():
        (tmp_path / "code" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "code" / name).write_text(text)
    return tmp_path / "code"


def queue(trii):
    return json.loads(trii("list", "--json")[1])


def test_a_module_of_ones_own_is_submitted_with_its_bundle_which_is_stored_and_shown(
    trii, code, queued
):
    status, out, err = trii("submit", "--detach", "--json", f"--bundle={code}", "own.run", "--x")
    assert status == 0, err
    made = json.loads(out)
    packed = bundles.pack(code, limit_bytes=queued.bundle_limit_bytes)
    assert made["bundle"] == packed.sha256
    assert bundles.runtime_env(queued, packed.sha256)
    assert f"bundle {packed.sha256}: 2 files, {len(packed.data):,} bytes" in err
    assert "left out as data: a.parquet, prices.csv" in err
    told = json.loads(trii("show", made["id"], "--json")[1])
    assert (told["bundle"], told["module"], told["kind"]) == (packed.sha256, "own.run", "module")
    assert f"bundle      {packed.sha256}" in trii("show", made["id"])[1]


def test_a_job_without_one_says_so(trii):
    job = json.loads(trii("submit", "--detach", "--json", "jobs.compact")[1])
    assert job["bundle"] is None
    assert json.loads(trii("show", job["id"], "--json")[1])["bundle"] is None
    assert "bundle" not in trii("show", job["id"])[1]


def test_a_module_of_the_platform_runs_beside_ones_own_code(trii, code):
    status, out, _ = trii("submit", "--detach", "--json", f"--bundle={code}", "jobs.compact")
    assert (status, queue(trii)[0]["bundle"]) == (0, json.loads(out)["bundle"])


@pytest.mark.parametrize(
    "strategy",
    ["~/own/run.py:X", "/etc/x.py", "../own/run.py:X", "own/../own/run.py", "file:own/run.py", "x.py",
     "file:X", "own.nothing:X"],
)  # fmt: skip
def test_a_strategy_that_the_bundle_lacks_is_refused_at_once_by_its_rule(trii, code, strategy):
    words = ("jobs.backtest", "--strategy", strategy, "--universe", "synthetic")
    status, _, err = trii("submit", "--detach", f"--bundle={code}", *words)
    assert status == 2
    assert "FILE.py:CLASS or MODULE:CLASS of the bundle" in err
    assert queue(trii) == []


@pytest.mark.parametrize("strategy", ["own/run.py:X", "./own/run.py", "own.run:X", "own:X"])
def test_a_strategy_that_the_bundle_holds_is_taken_by_path_and_by_module(
    trii, code, lake_home, strategy
):
    words = ("jobs.backtest", f"--strategy={strategy}", "--universe=synthetic")
    status, _, err = trii("submit", "--detach", f"--bundle={code}", *words)
    assert status == 0, err
    assert f"--strategy={strategy}" in queue(trii)[0]["arguments"]


def test_arguments_of_a_bundles_own_module_are_its_own_matter(trii, code):
    (code / "jobs").mkdir()
    (code / "jobs" / "backtest.py").write_text("")
    assert trii("submit", "--detach", f"--bundle={code}", "jobs.backtest", "--any")[0] == 0


def test_the_same_key_with_changed_code_is_another_request(trii, code):
    options = ("submit", "--detach", "--idempotency-key=k", f"--bundle={code}", "own.run")
    assert [trii(*options)[0], trii(*options)[0], len(queue(trii))] == [0, 0, 1]
    (code / "own/run.py").write_text("X = 2\n")
    status, _, err = trii(*options)
    assert status == 1
    assert "was used for another request" in err


@pytest.mark.parametrize(
    ("module", "says"),
    [
        ("own.walk", "neither in the bundle nor installed here; the bundle's folder has to hold "
                     "own/walk.py or own/walk/__main__.py where git does not ignore it"),
        ("own", "own.py or own/__main__.py"),
        ("own/run.py", "MODULE: expected a dotted module name"),
    ],
)  # fmt: skip
def test_a_module_that_would_not_be_found_is_refused_with_the_remedy(
    trii, code, queued, module, says
):
    status, out, err = trii("submit", "--bundle", str(code), module)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert says in err
    assert queue(trii) == []
    assert not (queued.home / "results" / "bundles").exists()


def test_without_a_bundle_the_error_names_the_way_to_send_ones_own_code(trii):
    assert "`--bundle DIR` takes your own code along" in trii("submit", "own.run")[2]


def test_what_can_not_be_packed_is_one_line_and_status_2(trii, code):
    (code / "keys.py").write_text("KEY = '" + "AKIA" + "ABCDEFGH23456723'\n")
    status, _, err = trii("submit", "--bundle", str(code), "own.run")
    assert (status, err.count("\n")) == (2, 1)
    assert "keys.py:1 looks like an AWS access key" in err
    status, _, err = trii("submit", "--bundle", str(code / "none"), "own.run")
    assert (status, err.count("\n")) == (2, 1)
    assert "expected a folder" in err


def test_a_disk_that_takes_no_bundle_is_one_line_and_nothing_is_queued(trii, code, queued):
    (queued.home / "results").mkdir(parents=True)
    (queued.home / "results" / "bundles").write_text("a file in the way")
    status, _, err = trii("submit", "--bundle", str(code), "own.run")
    assert (status, err.count("\n")) == (1, 1)
    assert "the bundle can't be stored" in err
    assert queue(trii) == []
