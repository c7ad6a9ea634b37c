"""Writes the table of ports in `security.md` from their one definition: `make format`."""

from pathlib import Path

from cluster.fleet.render.ports import PORTS, REPLICAS_OWN

PAGE = Path(__file__).parent / "security.md"
BEGIN, END = "<!-- ports: written by `make format` -->\n", "<!-- end of ports -->"
HEAD = "| port | who listens | who may reach it | guarded by |\n|---|---|---|---|\n"


def page(text: str) -> str:
    """The page with its table written anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = [
        f"| {entry} | {entry.who} | {entry.reached_by} | {entry.guard} |\n"
        for entry in (*PORTS, REPLICAS_OWN)
    ]
    return f"{before}{BEGIN}{HEAD}{''.join(rows)}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
