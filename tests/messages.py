"""What our messages tell people to type, read from the source: commands, their options, variables."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PACKAGES = ("cluster", "deployments", "jobs", "market", "training", "trii")
COMMAND = re.compile(r"`(trii [a-z][^`]*)`")
HOLE = re.compile(r"\{\w*\}")  # where a message has a value


class Text(NamedTuple):
    """A text of the source that is neither a docstring nor the help of an option."""

    place: str
    text: str


@cache
def messages() -> tuple[Text, ...]:
    """Every text of our packages that a program may print, and that names something to type."""
    return tuple(_messages())


def _messages() -> Iterator[Text]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            source = path.read_text()
            if not any(sign in source for sign in ("`trii ", "--", "TRII_")):
                continue
            tree = ast.parse(source)
            silent = _told_elsewhere(tree)
            for node in ast.walk(tree):
                if id(node) not in silent and (text := _text(node)):
                    place = f"{path.relative_to(ROOT)}:{node.lineno}"
                    yield Text(place, text)


def _told_elsewhere(tree: ast.AST) -> set[int]:
    """Docstrings, help of options, and the parts of a text that is made from parts."""
    found: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            found.append(node.value)
        elif isinstance(node, ast.JoinedStr):
            found += [part for part in ast.walk(node) if part is not node]
        elif isinstance(node, ast.keyword) and node.arg in {"help", "description", "summary"}:
            found += ast.walk(node.value)
    return {id(node) for node in found}


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
