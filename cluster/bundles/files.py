"""Which files of a folder are code: what git does not ignore, less environments, caches and data."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from cluster.errors import BadInput

_FOLDERS: Final = {
    **dict.fromkeys((".git", ".hg", ".svn"), "version control"),
    **dict.fromkeys((".venv", "venv", ".conda", "node_modules", ".tox"), "environment"),
    **dict.fromkeys(
        ("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"), "cache"
    ),
    **dict.fromkeys((".ipynb_checkpoints", ".idea", ".vscode", "mlruns"), "cache"),
}
_DATA: Final = frozenset(
    {
        *(".parquet", ".csv", ".tsv", ".feather", ".arrow", ".h5", ".hdf5", ".npy", ".npz"),
        *(".pkl", ".pickle", ".joblib", ".pt", ".pth", ".onnx", ".safetensors", ".ckpt"),
        *(".db", ".sqlite", ".sqlite3", ".duckdb", ".zip", ".tar", ".gz", ".tgz", ".xz", ".zst"),
    }
)
_COMPILED: Final = frozenset({".pyc", ".pyo"})


def chosen_files(folder: Path) -> tuple[list[str], dict[str, str]]:
    """Names of the files to take, sorted, with `/` between parts; and why others are left out.

    What git ignores is not mentioned. Raises BadInput where only git could say what to ignore and
    it can't.
    """
    taken: list[str] = []
    left_out: dict[str, str] = {}
    # As a set: git names a file in conflict once for each side.
    for name in sorted(set(_listed(folder))):
        why = _reason(folder, name)
        if why is None:
            taken.append(name)
        else:
            left_out[name] = why
    return taken, left_out


def _reason(folder: Path, name: str) -> str | None:
    """Why a file is left out; None for one that is taken."""
    path = PurePosixPath(name)
    if why := no_code(path):
        return why
    if path.parts[0] == "data" and not (folder / "data" / "__init__.py").exists():
        return "data"
    if path.suffix.lower() in _DATA:
        return "data"
    if not _is_plain(folder, path):
        return "link or special file"
    return None


def no_code(path: PurePosixPath) -> str | None:
    """What a file is by its name, where nobody has written it: of an environment, a cache, git's."""
    for part in path.parts[:-1]:
        if part in _FOLDERS:
            return _FOLDERS[part]
    return "cache" if path.suffix.lower() in _COMPILED else None


def _is_plain(folder: Path, path: PurePosixPath) -> bool:
    """A regular file that no link leads to: a link may point outside, at anything."""
    places = [folder.joinpath(*path.parts[: depth + 1]) for depth in range(len(path.parts))]
    return not any(place.is_symlink() for place in places) and places[-1].is_file()


def _listed(folder: Path) -> list[str]:
    """Names of all files that git does not ignore, whether the folder is a repository or not."""
    try:
        inside = _git(folder, "rev-parse", "--is-inside-work-tree") == ["true\n"]
        if inside:
            return _names(_git(folder, "ls-files", "-z", "-co", "--exclude-standard"))
        # An empty repository elsewhere has git apply the folder's .gitignore and write nothing into
        # it.
        with TemporaryDirectory(prefix="trii-bundle-") as scratch:
            _git(folder, "init", "--quiet", "--bare", scratch)
            own = (f"--git-dir={scratch}", f"--work-tree={folder}")
            return _names(_git(folder, *own, "ls-files", "-z", "-o", "--exclude-standard"))
    except FileNotFoundError as exc:
        if next(folder.rglob(".gitignore"), None) is not None:
            raise BadInput(f"bundle {folder}: has a .gitignore, and git is not installed") from exc
        return list(_walked(folder))


def _names(output: list[str]) -> list[str]:
    return [name for text in output for name in text.split("\0") if name]


def _git(folder: Path, *arguments: str) -> list[str]:
    """What git prints; nothing where it fails, as outside of a repository."""
    # No program that the folder's own configuration names is started by listing it.
    command = ["git", "-c", "core.fsmonitor=false", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603
    return [os.fsdecode(done.stdout)] if done.returncode == 0 else []


def _walked(folder: Path) -> Iterator[str]:
    for top, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _FOLDERS]
        for name in files:
            yield (Path(top) / name).relative_to(folder).as_posix()
