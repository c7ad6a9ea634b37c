"""How a universe is named: `mine`, some of it as `mine:AAPL,MSFT`, and lists of members."""

import re
from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from cluster.errors import BadInput, Fault
from market.errors import BadParameter
from market.instruments import SYMBOL_IN_WORDS
from market.universes import MEMBER, UNIVERSE, UniverseName

_LONGEST: Final = 4000
_MOST_TEXT: Final = 60_000  # a job's command is one argument of a shell, of 128 KiB at most
_SHOWN: Final = 80


def _universe(text: str) -> str:
    try:
        return str(UniverseName.parse(text))
    except BadParameter as exc:
        raise PydanticCustomError("universe", "{reason}", {"reason": str(exc)}) from exc


def _member(text: str) -> str:
    if not re.fullmatch(MEMBER, text):
        what = f"expected a symbol ({SYMBOL_IN_WORDS}), or DATASET:SYMBOL"
        raise PydanticCustomError("member", what)
    return text


def unique(members: tuple[str, ...]) -> tuple[str, ...]:
    """Each once, as many as a job's command can carry."""
    each = tuple(dict.fromkeys(members))
    if sum(map(len, each)) + len(each) > _MOST_TEXT:
        what = f"expected at most {_MOST_TEXT} characters in all; take the dataset or universe as a whole"
        raise PydanticCustomError("members", what)
    return each


# The patterns are told in the schema alone: pydantic's message of one says nothing to people.
Universe = Annotated[
    str,
    AfterValidator(_universe),
    Field(max_length=_LONGEST, json_schema_extra={"pattern": f"^{UNIVERSE}$"}),
]
Member = Annotated[
    str, AfterValidator(_member), Field(json_schema_extra={"pattern": f"^{MEMBER}$"})
]
# JSON and argument lists have no tuples: the container is lax, what it holds is not.
Members = Annotated[
    tuple[Member, ...], Field(max_length=10_000, strict=False), AfterValidator(unique)
]


def lacks_both(universe: str | None, members: Collection[str]) -> bool:
    """Whether nothing says which instruments are meant."""
    return universe is None and not members


NEITHER: Final = "expected a universe such as sample, members, or both"


def digest(members: Iterable[str]) -> str:
    """The SHA-256 of a set of members, whatever their order."""
    return sha256("\n".join(sorted(members)).encode()).hexdigest()


def called(universe: str | None, members: Sequence[str]) -> str:
    """What a universe with its members is called in tables and reports: long lists by their hash."""
    if not members:
        return universe or ""
    listed = ",".join(members)
    if len(listed) > _SHOWN:
        listed = f"{members[0]},… ({len(members)} members, {digest(members)[:8]})"
    return listed if universe is None else f"{universe}:{listed}"


def named(universe: str | None, members: Sequence[str]) -> str:
    """As `called`, with a long list within the universe's own name by its hash too."""
    if universe is None:
        return called(None, members)
    name = UniverseName.parse(universe)
    return called(called(name.name, name.symbols), members)


def read_members(path: Path) -> tuple[str, ...]:
    """The members that a file names, one a line; blank lines and what stands behind `#` are left out.

    Raises BadInput for a file that cannot be read or names nobody, and for the first line that is
    neither a symbol nor `DATASET:SYMBOL`.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "it is no text in UTF-8"
        raise _refused(f"{path} can't be read: {why}") from exc
    found = list(_names(path, lines))
    if not found:
        raise _refused(f"{path} names no member: one SYMBOL or DATASET:SYMBOL a line")
    return tuple(dict.fromkeys(found))


def _names(path: Path, lines: Iterable[str]) -> Iterable[str]:
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if text and not re.fullmatch(MEMBER, text):
            what = f"expected SYMBOL or DATASET:SYMBOL: {SYMBOL_IN_WORDS}"
            raise _refused(f"{path}, line {number}: {what}")
        if text:
            yield text


def _refused(message: str) -> BadInput:
    text = f"members: {message}"
    return BadInput(text, faults=[Fault("members", text)])
