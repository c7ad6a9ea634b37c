"""Writes the tables of `security.md`, of ports and of secrets, from their definitions: `make format`."""

from collections.abc import Iterator
from pathlib import Path

from cluster.fleet.render.ports import PORTS, REPLICAS_OWN
from cluster.fleet.source.secrets import NEEDED

PAGE = Path(__file__).parent / "security.md"


def _mark(name: str) -> tuple[str, str]:
    return f"<!-- {name}: written by `make format` -->\n", f"<!-- end of {name} -->"


def ports() -> Iterator[tuple[object, ...]]:
    """A row a port, below the names of the columns."""
    yield "port", "who listens", "who may reach it", "guarded by"
    for entry in (*PORTS, REPLICAS_OWN):
        yield entry, entry.who, entry.reached_by, entry.guard


def secrets() -> Iterator[tuple[object, ...]]:
    """A row a secret, with a mark for whoever holds it."""
    yield "secret", *(f"`{role}`" for role in NEEDED)
    for name in dict.fromkeys(name for names in NEEDED.values() for name in names):
        yield f"`{name}`", *("x" if name in names else "" for names in NEEDED.values())


def table(rows: Iterator[tuple[object, ...]]) -> str:
    """Markdown."""
    first, *others = (f"| {' | '.join(map(str, row))} |" for row in rows)
    columns = first.count(" | ") + 1
    return "\n".join((first, f"|{'---|' * columns}", *others)) + "\n"


def page(text: str) -> str:
    """The page with its tables written anew."""
    for name, rows in (("ports", ports()), ("secrets", secrets())):
        begin, end = _mark(name)
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}{table(rows)}{end}{after}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
