"""Names of one's own code: `FILE.py:NAME` or `MODULE:NAME`; without NAME, the only one there is."""

from dataclasses import dataclass
from typing import Final

from cluster.errors import BadInput

EXPECTED: Final = "expected FILE.py:NAME or MODULE:NAME, such as my_ideas.py:CalmTrend"


@dataclass(frozen=True)
class Reference:
    """`place` is a path that ends in .py, or a module with dots; `name` is empty where none is said."""

    place: str
    name: str

    @property
    def is_file(self) -> bool:
        return self.place.endswith(".py")

    def __str__(self) -> str:
        return f"{self.place}:{self.name}" if self.name else self.place


def is_own(text: str) -> bool:
    """Whether it names code of one's own, and not what is shipped under a name."""
    return ":" in text or text.endswith(".py")


def parse_reference(text: str) -> Reference:
    """Raises BadInput for a text that can be no place and name."""
    # From the right: a folder may have a colon in its name.
    place, _, name = (text, "", "") if text.endswith(".py") else text.rpartition(":")
    reference = Reference(place, name)
    modules = place.split(".")
    if not (reference.is_file or (name and all(part.isidentifier() for part in modules))):
        raise BadInput(f"{text!r}: {EXPECTED}")
    if name and not name.isidentifier():
        raise BadInput(f"{text!r}: {EXPECTED}")
    return reference
