"""Counts the files of each way in `architecture.md`: `make format`; alone it prints the counts."""

import re
import sys
from itertools import chain
from pathlib import Path

PAGE = Path(__file__).parent / "architecture.md"
_WAY = re.compile(r"^## (The way of .+)\n(?:(?!## ).*\n)*", re.MULTILINE)
_LIST = re.compile(r"^Files to open, \d+:\n\n((?:- .+\n)+)", re.MULTILINE)
_FILE = re.compile(r"`([\w/]+\.py)`")

Way = list[list[str]]
"""Files by stretch: each stretch begins where a table, a process or another way enters it."""


def ways(text: str) -> dict[str, Way]:
    """The ways of the page by their titles. A way without its list has no stretches."""
    found = {}
    for way in _WAY.finditer(text):
        listed = _LIST.search(way[0])
        lines = listed[1].splitlines() if listed else []
        found[way[1]] = [_FILE.findall(line) for line in lines]
    return found


def page(text: str) -> str:
    """The page with each way's number of files written anew. Raises ValueError for one that is gone."""

    def counted(listed: re.Match[str]) -> str:
        files = _FILE.findall(listed[1])
        if gone := [file for file in files if not (PAGE.parents[1] / file).is_file()]:
            raise ValueError(f"{PAGE.name}: {gone[0]} is gone: name what took its place on the way")
        return f"Files to open, {len(files)}:\n\n{listed[1]}"

    return _LIST.sub(counted, text)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
    for title, way in ways(PAGE.read_text()).items():
        sys.stdout.write(f"{title}: {len(list(chain(*way)))} files\n")
