"""`docs/indicators.md` says what the registry says."""

from pathlib import Path

from market.indicators import names, parse
from market.indicators.core.mechanisms import Window

PAGE = Path(__file__).parents[2] / "docs" / "indicators.md"


def row(name: str) -> str:
    """The line of the table that describes an indicator."""
    indicator = parse(name)
    definition = indicator.definition
    parameters = "; ".join(
        f"{one.name} {one.default:g} ({one.low:g} to {one.high:g})" for one in definition.parameters
    )
    columns = ", ".join(
        f"{column} ({'none' if degree is None else degree})"
        for column, degree in zip(definition.columns, definition.degrees, strict=True)
    )
    kind = "window" if isinstance(definition.mechanism, Window) else "recursion"
    cells = (
        f"`{name}`", definition.description, parameters or "none", ", ".join(definition.inputs),
        columns, str(indicator.warm_up), kind,
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def test_the_page_lists_every_indicator_as_the_registry_has_it():
    table, _, _ = PAGE.read_text().partition("## Agreement")
    found = [line for line in table.splitlines() if line.startswith("| `")]
    assert found == [row(name) for name in names()]
