"""`docs/features.md` says what the declarations say."""

from pathlib import Path

from market.features import describe

PAGE = Path(__file__).parents[3] / "docs" / "features.md"


def lines() -> list[str]:
    """A heading, the anchor and a table for each shipped set."""
    told = []
    for one in describe():
        told += [f"### `{one['name']}` version {one['version']}", ""]
        reads = f" over {', '.join(one['inputs'])}" if "inputs" in one else ""
        reads += f" over `{one['base']['name']}`, {one['cutoff']}" if "base" in one else ""
        if "missing" in one:
            reads += f", missing: {one['missing']['policy']} {one['missing']['share']:g}"
        told += [f"{one['kind']}{reads}; anchor: {one['anchor']}.", ""]
        told += ["| column | what it is |", "|---|---|"]
        told += [f"| `{column['name']}` | {column['description']} |" for column in one["columns"]]
        told += [""]
    return told


def test_the_page_lists_every_set_with_its_columns():
    page = PAGE.read_text()
    assert "\n".join(lines()).strip() in page
