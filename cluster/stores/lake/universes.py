"""The one place that turns a universe's name, and lists of members, into instruments."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from cluster.errors import BadInput, Fault
from cluster.stores.lake.directory import UNIVERSES, Directory
from market.errors import BadParameter, near_names
from market.instruments import Instrument
from market.universes import Membership, UniverseName, members_on

Stays = Callable[[str | None], list[Membership]]
"""The intervals of membership of one stored universe; of all for None."""
_HINTED = 3


@dataclass(frozen=True)
class Chosen:
    """Instruments, once each, sorted by id.

    `stored` is the stored universe whose days of membership count; None where every day does.
    """

    instruments: tuple[Instrument, ...]
    stored: str | None = None


def choose(
    directory: Directory,
    stays: Stays,
    universe: str | None,
    members: Sequence[str] = (),
    *,
    on: date | None = None,
) -> Chosen:
    """The instruments of a universe, narrowed to `members`; without a universe the members alone.

    A universe is a dataset, a rule over one (`sample`, `index`), a stored universe, or some symbols
    of one of them. Symbols are those of the day `on`; one that nobody had then is the last
    instrument's that had it. Of a stored universe the members on that day, by default all that
    ever were. Raises BadInput with a fault for each name that is unknown.
    """
    if universe is None:
        found = find_each(directory, members, on=on, place="members")
        return Chosen(_sorted(directory, (instrument.instrument_id for instrument in found), on))
    name = _parsed(universe)
    narrows = bool(name.symbols or members)
    base, stored = _base(directory, stays, name.name, narrows=narrows, on=on)
    for texts, place in ((name.symbols, "universe"), (members, "members")):
        if texts:
            what = f"universe {name.name}"
            found = find_each(directory, texts, on=on, place=place, among=base, what=what)
            base = {instrument.instrument_id for instrument in found}
    return Chosen(_sorted(directory, base, on), stored)


def known_universes(directory: Directory, stays: Stays) -> list[str]:
    """The rules that ship, then the other datasets, then the stored universes."""
    stored = {membership.universe for membership in stays(None)}
    return list(dict.fromkeys([*UNIVERSES, *sorted(directory.datasets), *sorted(stored)]))


def taken(name: str, by: str) -> BadInput:
    """A name cannot mean both a dataset and a stored universe: whichever came first keeps it."""
    return _refused(f"universe: {name!r} is a {by} already: take another name", "taken")


def _base(
    directory: Directory, stays: Stays, name: str, *, narrows: bool, on: date | None
) -> tuple[set[str], str | None]:
    """The ids of all of a universe, and its name where it is stored."""
    # Some symbols of a dataset may be any of it: those that its rule leaves out as well.
    if name in UNIVERSES and not (narrows and name in directory.datasets):
        return {
            instrument.instrument_id
            for instrument in directory.instruments
            if UNIVERSES[name](instrument)
        }, None
    if name in directory.datasets:
        return {
            instrument.instrument_id
            for instrument in directory.instruments
            if instrument.dataset == name
        }, None
    told = stays(name)
    if not told:
        raise _unknown(name, known_universes(directory, stays))
    if on is not None:
        return set(members_on(told, on)), name
    return {membership.instrument_id for membership in told}, name


def find_each(
    directory: Directory,
    texts: Sequence[str],
    *,
    on: date | None,
    place: str,
    among: Collection[str] | None = None,
    what: str = "the lake",
) -> list[Instrument]:
    """The instrument of each text, in their order, among others (None: of all).

    Raises BadInput with a fault for each that is none, at `place`.
    """
    found: list[Instrument] = []
    faults: list[Fault] = []
    for number, text in enumerate(texts):
        row = directory.find(text, on=on, among=among)
        if row is not None:
            found.append(row)
            continue
        loc = place if place == "universe" else f"{place}.{number}"
        message = f"{what} has no {text}"
        # To look for near names takes a while, and nobody reads a hundred.
        if len(faults) < _HINTED:
            message += _hint(directory, text, among)
        faults.append(Fault(loc, message, "unknown_symbol"))
    if faults:
        told = "; ".join(fault.msg for fault in faults[:_HINTED])
        more = f"; and {len(faults) - _HINTED} more" if len(faults) > _HINTED else ""
        raise BadInput(told + more, faults=faults)
    return found


def _hint(directory: Directory, text: str, among: Collection[str] | None) -> str:
    symbols = {
        row.symbol for row in directory.instruments if among is None or row.instrument_id in among
    }
    near = near_names(text.rpartition(":")[2], sorted(symbols))
    return f"; did you mean {', '.join(near)}?" if near else "; `trii data symbols` lists them"


def _sorted(directory: Directory, ids: Iterable[str], on: date | None) -> tuple[Instrument, ...]:
    rows = directory.named(set(ids), at=on)
    return tuple(sorted(rows, key=lambda instrument: instrument.instrument_id))


def _parsed(universe: str) -> UniverseName:
    try:
        return UniverseName.parse(universe)
    except BadParameter as exc:
        raise _refused(str(exc), "pattern") from exc


def _unknown(name: str, known: Sequence[str]) -> BadInput:
    near = near_names(name, known)
    hint = f"did you mean {', '.join(near)}? There are" if near else "expected one of"
    return _refused(f"universe {name!r} is unknown; {hint} {', '.join(known)}", "unknown")


def _refused(message: str, kind: str) -> BadInput:
    return BadInput(message, faults=[Fault("universe", message, kind)])
