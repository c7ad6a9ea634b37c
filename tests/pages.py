"""The commands that README and docs show, as a reader would copy them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`(trii [a-z][^`]*)`")
_REMARK = re.compile(r"(^|\s{2,})#\s.*$")


def shown(page: Path) -> list[str]:
    """The commands of a page's shell blocks, in their order, without the remarks behind them."""
    lines = [
        line
        for block in _BLOCK.findall(page.read_text())
        for line in block.replace("\\\n", " ").splitlines()
    ]
    return [command for line in lines if (command := _REMARK.sub("", line).strip())]


def mentioned(page: Path) -> list[str]:
    """The commands of `trii` in the page's text."""
    return _INLINE.findall(page.read_text())
