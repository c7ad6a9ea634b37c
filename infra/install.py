"""Install extras of this project into an environment: by uv where it can be had, else by pip.

`PYTHON infra/install.py EXTRAS [PIP OPTIONS]` with the environment's own Python. uv takes a fifth of
pip's time for the same set, but reads none of pip's configuration: indexes, links, constraints and
certificates are told to it here, and where a setting has no form in uv, pip installs.
"""

import argparse
import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")

_EACH = {  # options that pip takes several times
    "find-links": "--find-links",
    "constraint": "--constraint",
    "trusted-host": "--allow-insecure-host",
    "no-binary": "--no-binary",
    "only-binary": "--only-binary",
}
_ADD_UP = {*_EACH, "extra-index-url"}
_ONCE = {"cache-dir": "--cache-dir"}
_FLAGS = {
    "no-index": "--no-index",
    "no-cache-dir": "--no-cache",
    "require-hashes": "--require-hashes",
}
_VARIABLES = {
    # Not as arguments: an address may hold a password, and everybody sees a command line.
    "index-url": ("UV_DEFAULT_INDEX",),
    "extra-index-url": ("UV_EXTRA_INDEX_URL",),
    "cert": ("SSL_CERT_FILE",),
    "client-cert": ("SSL_CLIENT_CERT",),
    "proxy": ("HTTPS_PROXY", "HTTP_PROXY"),
    "timeout": ("UV_HTTP_TIMEOUT",),
    "default-timeout": ("UV_HTTP_TIMEOUT",),
}
# How pip talks or which pip it is: nothing that decides what is installed.
_OF_PIP_ALONE = frozenset({
    "config-file", "debug", "disable-pip-version-check", "exists-action", "log", "no-color", "no-input",
    "no-python-version-warning", "no-warn-conflicts", "no-warn-script-location", "prefer-binary",
    "progress-bar", "q", "quiet", "retries",
    "root-user-action", "v", "verbose",
})  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What pip is configured to, in uv's words; `foreign` are the settings that uv has no form for."""

    arguments: tuple[str, ...]
    variables: Mapping[str, str]
    foreign: tuple[str, ...]


def in_uvs_words(settings: Mapping[str, str]) -> Told:
    """Pip's settings by name, such as index-url, as arguments and variables of uv."""
    arguments: list[str] = []
    variables: dict[str, str] = {}
    foreign: list[str] = []
    for name, value in settings.items():
        if name in _EACH:
            for part in value.split():
                arguments += [_EACH[name], part]
        elif name in _ONCE:
            arguments += [_ONCE[name], value]
        elif name in _FLAGS:
            arguments += [_FLAGS[name]] * _is_on(value)
        elif name in _VARIABLES:
            variables |= dict.fromkeys(_VARIABLES[name], " ".join(value.split()))
        elif name not in _OF_PIP_ALONE:
            foreign.append(name)
    return Told(tuple(arguments), variables, tuple(foreign))


def _is_on(value: str) -> bool:
    return value.lower() not in {"0", "false", "no", "off", ""}


def configured(lines: str) -> dict[str, str]:
    """Settings of `pip config list` that hold for an installation; the environment's win."""
    scopes: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in lines.splitlines():
        key, _, value = line.partition("=")
        scope, _, name = key.rpartition(".")
        if scope in scopes:
            scopes[scope][name] = ast.literal_eval(value)
    return scopes["global"] | scopes["install"] | scopes[":env:"]


def given(options: Sequence[str]) -> dict[str, str]:
    """Options of pip's command line as settings; one that is not known here is named after itself."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    short = {"index-url": ("-i",), "find-links": ("-f",), "constraint": ("-c",)}
    for name in (*_EACH, *_ONCE, *_VARIABLES):
        parser.add_argument(f"--{name}", *short.get(name, ()), action="append", dest=name)
    for name in _FLAGS:
        parser.add_argument(f"--{name}", action="append_const", const="1", dest=name)
    known, unknown = parser.parse_known_args(options)
    settings = {
        name: " ".join(values) if name in _ADD_UP else values[-1]
        for name, values in vars(known).items()
        if values
    }
    return settings | {option: "" for option in unknown if option.lstrip("-") not in _OF_PIP_ALONE}


def merged(pip_says: Mapping[str, str], options: Mapping[str, str]) -> dict[str, str]:
    """Both, as pip does: what may be said several times adds up, of the rest the option stands."""
    both = {
        name: f"{pip_says[name]} {options[name]}"
        for name in _ADD_UP & pip_says.keys() & options.keys()
    }
    return {**pip_says, **options, **both}


def _uv() -> Path | None:
    """The command, installed beside pip if it is not there; none where it can't be had."""
    if found := shutil.which("uv"):
        return Path(found)
    beside = Path(sys.executable).with_name("uv")
    if not beside.exists():
        command = [*PIP, "install", "-q", "-c", str(CONSTRAINTS), "uv"]
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own command
    return beside if beside.exists() else None


def _settings(options: Sequence[str]) -> dict[str, str]:
    listed = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=False)  # noqa: S603
    return merged(configured(listed.stdout), given(options))


def _commands(
    extras: str, options: Sequence[str]
) -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """Ways to install, the best first: its name, the command and the variables that it needs."""
    told = in_uvs_words(_settings(options))
    uv = None if told.foreign else _uv()
    if uv is not None:
        command = [
            str(uv), "pip", "install", "-q", "--python", sys.executable, "--system-certs",
            # As pip: of all indexes the best version, not the first index that has the name.
            "--index-strategy", "unsafe-best-match",
            "--constraint", str(CONSTRAINTS), *told.arguments,
        ]  # fmt: skip
        variables = dict(told.variables)
        command += _build_of_torch(command, variables) if _trains(extras) else []
        yield "uv", [*command, "-e", extras], variables
    elif told.foreign:
        _say(f"pip installs: uv has no form of {', '.join(told.foreign)}")
    yield "pip", [
        *PIP, "install", "-q", "--progress-bar", "off", "-c", str(CONSTRAINTS), *options, "-e", extras
    ], {}  # fmt: skip


def _trains(extras: str) -> bool:
    return any(name in extras for name in ("train", "laptop", "dev"))


def _build_of_torch(command: Sequence[str], variables: Mapping[str, str]) -> list[str]:
    """Options for the CPU build of torch; none where it is what comes, or where GPUs want the other."""
    if "nvidia-" not in _would_install(command, variables):
        return []
    cpu = ["--torch-backend", "cpu"]
    if shutil.which("nvidia-smi") is None and _would_install([*command, *cpu], variables):
        return cpu
    _say("torch comes with CUDA, about 3 GB more; README tells how to have its CPU build")
    return []


def _would_install(command: Sequence[str], variables: Mapping[str, str]) -> str:
    """What uv says that it would install for torch; nothing where it can't."""
    done = subprocess.run(  # noqa: S603 - our own command
        [part for part in command if part != "-q"] + ["--dry-run", "torch"],
        capture_output=True, text=True, check=False, env={**os.environ, **variables},
    )  # fmt: skip
    return done.stderr if done.returncode == 0 else ""


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main(arguments: Sequence[str]) -> int:
    """Install; the exit status of the last way that was tried."""
    extras, *options = arguments
    for name, command, variables in _commands(extras, options):
        done = subprocess.run(  # noqa: S603 - our own command
            command, cwd=ROOT, env={**os.environ, **variables}, check=False, text=True,
            stderr=subprocess.PIPE if name == "uv" else None,
        )  # fmt: skip
        status = done.returncode
        if status == 0:
            break
        if name == "uv":
            why = (done.stderr.strip().splitlines() or ["no reason told"])[0]
            _say(f"uv did not get through ({why}); going on with pip")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
