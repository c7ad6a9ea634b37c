"""Writes the list of files in `architecture.md` from the first line of every docstring: `make format`."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
MARK = "<!-- files: written by `make format` from the docstrings -->\n"
PACKAGES = {
    "market": "pure numbers: arrays and values in and out",
    "cluster": "what every node knows",
    "deployments": "Serve applications and their HTTP toolkit",
    "training": "datasets, models, sweeps, gates, promotion",
    "jobs": "what scientists and schedules run",
    "trii": "what people use in Python, by name",
}


def told(path: Path) -> str:
    """The first line of a file's docstring. Raises ValueError where there is none."""
    text = ast.get_docstring(ast.parse(path.read_text()))
    if not text:
        raise ValueError(f"{path.relative_to(ROOT)}: expected a docstring that says what it holds")
    return text.splitlines()[0].replace("|", "\\|")


def rows(package: str) -> Iterator[str]:
    """A row a folder, followed by those of its files."""
    for folder in sorted({path.parent for path in (ROOT / package).rglob("*.py")}):
        if (init := folder / "__init__.py").exists():
            yield f"| **`{folder.relative_to(ROOT)}/`** | **{told(init)}** |"
        for path in sorted(folder.glob("*.py")):
            if path.name != "__init__.py" or not init.exists():
                yield f"| `{path.relative_to(ROOT)}` | {told(path)} |"


def page(text: str) -> str:
    """The page with its list written anew; the words before the mark are people's own."""
    words, _, _ = text.partition("<!-- files")
    tables = [
        f"### `{package}/`: {purpose}\n\n| file | what it holds |\n|---|---|\n"
        + "\n".join(rows(package))
        for package, purpose in PACKAGES.items()
    ]
    return words + MARK + "\n" + "\n\n".join(tables) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
