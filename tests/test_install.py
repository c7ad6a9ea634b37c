"""The set is installed by uv as pip is configured, and by pip where uv can't be had or told."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_spec = importlib.util.spec_from_file_location("install", ROOT / "infra/install.py")
install = importlib.util.module_from_spec(_spec)
sys.modules["install"] = install  # its dataclass looks for its module
_spec.loader.exec_module(install)

CONFIG = """\
[global]
index-url = https://packages.example/simple
extra-index-url = https://one.example/simple
    https://two.example/simple
timeout = 60
cert = /etc/ssl/our own.pem
[install]
find-links = /srv/wheels
no-index = {no_index}
[list]
format = json
"""


def settings_of(tmp_path, monkeypatch, text, **variables):
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    (tmp_path / "pip.conf").write_text(text)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    listed = subprocess.run(
        [*install.PIP, "config", "list"], capture_output=True, text=True, check=True
    )
    return install.configured(listed.stdout)


def test_what_pip_reads_of_its_configuration_uv_is_told(tmp_path, monkeypatch):
    settings = settings_of(
        tmp_path, monkeypatch, CONFIG.format(no_index="false"), PIP_FIND_LINKS="/opt/a /opt/b"
    )
    told = install.in_uvs_words(settings)
    pairs = list(zip(told.arguments, told.arguments[1:], strict=False))
    # An address may hold a password: it stands on no command line.
    assert told.variables["UV_DEFAULT_INDEX"] == "https://packages.example/simple"
    both = "https://one.example/simple https://two.example/simple"
    assert told.variables["UV_EXTRA_INDEX_URL"] == both
    assert "example" not in " ".join(told.arguments)
    # The variable stands for the file's value, as with pip.
    assert [value for name, value in pairs if name == "--find-links"] == ["/opt/a", "/opt/b"]
    assert told.variables["SSL_CERT_FILE"] == "/etc/ssl/our own.pem"
    assert told.variables["UV_HTTP_TIMEOUT"] == "60"
    assert "--no-index" not in told.arguments
    assert told.foreign == ()


def test_a_setting_without_a_form_in_uv_is_named(tmp_path, monkeypatch):
    settings = settings_of(tmp_path, monkeypatch, "[install]\nuse-feature = truststore\n")
    assert install.in_uvs_words(settings).foreign == ("use-feature",)


def test_a_switch_is_told_where_it_is_on(tmp_path, monkeypatch):
    settings = settings_of(tmp_path, monkeypatch, CONFIG.format(no_index="true"))
    assert "--no-index" in install.in_uvs_words(settings).arguments


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (["--extra-index-url=https://b"], {"extra-index-url": "https://a https://b"}),
        (["-f", "/w", "-f", "/x"], {"extra-index-url": "https://a", "find-links": "/w /x"}),
        (["-i", "https://b", "--index-url=https://c"], {"extra-index-url": "https://a", "index-url": "https://c"}),
        (["-v"], {"extra-index-url": "https://a"}),
        (["--pre"], {"extra-index-url": "https://a", "--pre": ""}),
        ([], {"extra-index-url": "https://a"}),
    ],
)  # fmt: skip
def test_options_add_to_what_is_configured_and_unknown_ones_are_pips(options, settings):
    both = install.merged({"extra-index-url": "https://a"}, install.given(options))
    assert both == settings


@pytest.mark.long
def test_where_uv_does_not_get_through_pip_goes_on_and_says_why_in_a_line(tmp_path):
    environment, project = tmp_path / "env", tmp_path / "project"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    (project / "infra").mkdir(parents=True)
    shutil.copy(ROOT / "infra/install.py", project / "infra")
    (project / "constraints.txt").write_text("")
    (project / "pyproject.toml").write_text('[project]\nname = "tiny"\nversion = "1"\n')
    fake = tmp_path / "bin/uv"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'no way to the index' >&2\nexit 2\n")
    fake.chmod(0o755)
    done = subprocess.run(
        [environment / "bin/python", project / "infra/install.py", "."],
        env={**os.environ, "PATH": f"{fake.parent}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == "uv did not get through (no way to the index); going on with pip\n"
    assert done.returncode == 0
    shown = subprocess.run(
        [environment / "bin/python", "-m", "pip", "show", "tiny"], capture_output=True, check=False
    )
    assert shown.returncode == 0


def test_without_torch_a_training_says_which_extra_is_missing():
    code = "import sys; sys.modules['torch'] = None; import training.network"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1].endswith("training needs torch: install the extra `train`")
