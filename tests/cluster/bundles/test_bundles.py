"""Bundles: what is packed, that the same code has one hash, and that no secret travels."""

import hashlib
import os
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
import ray
from ray._private.runtime_env.packaging import get_top_level_dir_from_compressed_package

from cluster.bundles import bundle as bundles
from cluster.bundles.secrets import find_secrets
from cluster.errors import BadInput, NotFound
from cluster.settings import Settings

LIMIT = 1_000_000


@pytest.fixture
def write(tmp_path):
    """`write({"a.py": "…"})` writes files below the folder `code` and gives it."""

    def make(files, top="code"):
        for name, text in files.items():
            path = tmp_path / top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path / top

    return make


def git(folder, *arguments):
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def names(bundle):
    return set(bundle.files)


CODE = {"strategy.py": "X = 1\n", "pkg/__init__.py": "", "pkg/__main__.py": "print(1)\n"}
CLUTTER = {
    ".venv/lib/x.py": "", "pkg/__pycache__/a.pyc": "", "prices.parquet": "", "data/big.txt": "",
    "notes/a.csv": "",
}  # fmt: skip


@pytest.mark.parametrize("repository", [True, False])
def test_code_travels_and_what_git_ignores_environments_and_data_do_not(write, repository):
    ignored = {".gitignore": "scratch/\n*.tmp\n", "scratch/a.py": "", "b.tmp": ""}
    folder = write(CODE | CLUTTER | ignored)
    if repository:
        git(folder, "init", "-q")
        git(folder, "add", "strategy.py")
    bundle = bundles.pack(folder, limit_bytes=LIMIT)
    assert names(bundle) == {*CODE, ".gitignore"}
    assert bundle.left_out["prices.parquet"] == bundle.left_out["data/big.txt"] == "data"
    assert "scratch/a.py" not in bundle.left_out


def test_a_folder_within_a_repository_obeys_the_whole_repositorys_rules(write, tmp_path):
    write({".gitignore": "*.secret\n"}, top=".")
    git(tmp_path, "init", "-q")
    folder = write({"a.py": "", "b.secret": ""})
    assert names(bundles.pack(folder, limit_bytes=LIMIT)) == {"a.py"}


def test_a_package_named_data_is_code(write):
    folder = write({"data/__init__.py": "", "data/load.py": ""})
    assert bundles.pack(folder, limit_bytes=LIMIT).has_module("data.load")


def test_the_hash_depends_on_names_contents_and_the_executable_bit_alone(write):
    one, other = write(CODE, top="one"), write(dict(reversed(CODE.items())), top="other")
    os.utime(other / "strategy.py", (0, 0))
    packed = [bundles.pack(folder, limit_bytes=LIMIT) for folder in (one, other)]
    assert packed[0].data == packed[1].data
    assert packed[0].sha256 == hashlib.sha256(packed[0].data).hexdigest()
    (other / "strategy.py").chmod(0o755)
    assert bundles.pack(other, limit_bytes=LIMIT).sha256 != packed[0].sha256
    (one / "strategy.py").write_text("X = 2\n")
    assert bundles.pack(one, limit_bytes=LIMIT).sha256 != packed[0].sha256


def test_a_module_is_found_by_the_name_that_python_runs_it_by(write):
    bundle = bundles.pack(write(CODE), limit_bytes=LIMIT)
    assert [bundle.has_module(name) for name in ("strategy", "pkg", "pkg.b", "pk")] == [
        True, True, False, False
    ]  # fmt: skip


# Put together here, so that no scanner takes this file for one that holds secrets.
SECRETS = {
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "an AWS access key": "AKIA" + "ABCDEFGH23456723",
    "an AWS secret key": "aws_secret_access_key = " + "a" * 40,
    "a Google API key": "AIza" + "b" * 35,
    "a GitHub token": "ghp_" + "c" * 36,
    "a Slack token": "xoxb-" + "1" * 12,
    "a Slack webhook": "https://hooks.slack.com/" + "services/T00000000/B00000000",
}


@pytest.mark.parametrize(("what", "text"), SECRETS.items())
def test_a_secret_is_refused_with_its_place_and_not_repeated(write, what, text):
    folder = write({"a.py": f"import os\n\nKEY = '{text}'\n", "b.py": ""})
    with pytest.raises(BadInput) as caught:
        bundles.pack(folder, limit_bytes=LIMIT)
    assert [(one.loc, one.msg) for one in caught.value.faults] == [("a.py:3", f"looks like {what}")]
    assert text not in str(caught.value)


def test_every_secret_is_named_at_once(write):
    files = {f"{number}.py": text for number, text in enumerate(SECRETS.values())}
    with pytest.raises(BadInput) as caught:
        bundles.pack(write(files | {"conf/.env.prod": "A=1"}), limit_bytes=LIMIT)
    assert len(caught.value.faults) == len(SECRETS) + 1
    assert "conf/.env.prod:1" in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "AWS_SECRET_ACCESS_KEY = os.environ['AWS_SECRET_ACCESS_KEY']",
        "token = 'ghp_xxxx'",
        "-----BEGIN PUBLIC KEY-----",
        "AKIA",
        "AIzaShort",
        "xoxb-",
    ],
)
def test_code_that_only_speaks_of_secrets_is_none(line):
    assert list(find_secrets("a.py", line.encode())) == []
    assert list(find_secrets("x/.env.example", b"KEY=")) == []


def test_what_is_too_large_is_refused_with_the_largest_files(write):
    folder = write({"a.txt": b"0" * 700, "b.txt": b"0" * 400, "c.py": ""})
    with pytest.raises(BadInput, match=r"1,100 bytes, at most 1,000 .* a.txt \(700\), b.txt"):
        bundles.pack(folder, limit_bytes=1000)
    assert bundles.pack(folder, limit_bytes=1100).files


def test_a_link_is_left_out_and_named_wherever_it_points(write, tmp_path):
    folder = write({"a.py": ""})
    (tmp_path / "outside.py").write_text("SECRET")
    (folder / "link.py").symlink_to(tmp_path / "outside.py")
    (folder / "way").symlink_to(tmp_path)
    bundle = bundles.pack(folder, limit_bytes=LIMIT)
    assert names(bundle) == {"a.py"}
    assert bundle.left_out == dict.fromkeys(("link.py", "way"), "link or special file")
    assert b"SECRET" not in bundle.data


@pytest.mark.parametrize("files", [{}, {"a.csv": ""}])
def test_nothing_to_pack_is_refused(write, tmp_path, files):
    (tmp_path / "code").mkdir()
    with pytest.raises(BadInput, match="no file is left"):
        bundles.pack(write(files), limit_bytes=LIMIT)
    with pytest.raises(BadInput, match="expected a folder"):
        bundles.pack(tmp_path / "none", limit_bytes=LIMIT)


def test_a_stored_bundle_is_what_ray_runs_a_job_in(write, tmp_path):
    settings = Settings(home=tmp_path / "a home")
    bundle = bundles.pack(write({"pkg/__init__.py": "", "pkg/a.py": ""}), limit_bytes=LIMIT)
    path = Path(bundles.store(settings, bundle))
    assert Path(bundles.store(settings, bundle)) == path
    assert [one.name for one in path.parent.iterdir()] == [f"{bundle.sha256}.zip"]
    assert bundles.runtime_env(settings, bundle.sha256) == {"working_dir": path.as_uri()}
    assert zipfile.ZipFile(BytesIO(bundle.data)).testzip() is None
    assert get_top_level_dir_from_compressed_package(str(path)) is None  # `pkg` stays a package


def test_a_bundle_that_is_gone_or_changed_runs_nothing(write, tmp_path):
    settings = Settings(home=tmp_path / "home")
    bundle = bundles.pack(write(CODE), limit_bytes=LIMIT)
    with pytest.raises(NotFound, match="pack it again"):
        bundles.runtime_env(settings, bundle.sha256)
    bundles.store(settings, bundle).write_bytes(bundle.data + b"x")
    with pytest.raises(BadInput, match="was changed"):
        bundles.runtime_env(settings, bundle.sha256)


@pytest.mark.long
@pytest.mark.filterwarnings("default")  # Ray's own
@pytest.mark.usefixtures("object_store", "ray_cluster")  # its processes find the one started before
def test_a_bundle_in_a_bucket_is_what_rays_workers_run_in(write, tmp_path, object_store):
    kept = object_store.settings(object_store.folder())
    settings = Settings(home=tmp_path / "home", **kept)
    bundle = bundles.pack(write({"idea.py": "N = 41\n"}), limit_bytes=LIMIT)
    assert not bundles.is_stored(settings, bundle.sha256)
    bundles.store(settings, bundle)
    assert bundles.stored_files(settings, bundle.sha256) == bundle.files
    where = bundles.runtime_env(settings, bundle.sha256)
    assert where == {"working_dir": f"{kept['results_url']}/bundles/{bundle.sha256}.zip"}

    @ray.remote(num_cpus=0.1, runtime_env=where)
    def more():
        import idea

        return idea.N + 1

    assert ray.get(more.remote(), timeout=120) == 42
