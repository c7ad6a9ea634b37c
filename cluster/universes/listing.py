"""What universes there are: datasets, the parts of them that ship with a name, stored ones by day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from cluster.stores.lake import Lake
from cluster.stores.lake.directory import UNIVERSES
from cluster.stores.lake.extent import Extent
from cluster.stores.lake.holdings import Holding
from cluster.stores.lake.tables import dataset_of
from market.universes import Membership

Kind = Literal["dataset", "part of a dataset", "stored"]


@dataclass(frozen=True)
class Listed:
    """A universe by its name. Of a stored one `instruments` are all that ever were in it.

    Sessions are those of daily bars; None where there are none. A stored one begins with its first
    member, and ends with its last one or, while somebody is in it, with the bars.
    """

    name: str
    kind: Kind
    instruments: int
    first_session: date | None
    last_session: date | None


def universes(lake: Lake) -> list[Listed]:
    """All of a lake that can be named: those that ship, other datasets, stored ones, each by name."""
    held = {holding.dataset: holding for holding in lake.holdings() if holding.timeframe == "1Day"}
    rules = [_part(lake, name) for name in UNIVERSES if name not in held or _divides(lake, name)]
    datasets = [
        _dataset(lake, name, held.get(name))
        for name in sorted(lake.directory().datasets)
        if name not in {rule.name for rule in rules}
    ]
    return [*datasets, *(rule for rule in rules if rule.instruments), *_stored(lake, held)]


def _divides(lake: Lake, name: str) -> bool:
    """Whether the rule leaves out some of the dataset of its name."""
    rule = UNIVERSES[name]
    return any(
        not rule(instrument)
        for instrument in lake.directory().instruments
        if instrument.dataset == name
    )


def _part(lake: Lake, name: str) -> Listed:
    ids = tuple(member.instrument_id for member in lake.universe(name))
    snapshot = lake.standing()
    ends = Extent(lake, ids, snapshot).sessions() if ids and snapshot else None
    return Listed(name, "part of a dataset", len(ids), *(ends or (None, None)))


def _dataset(lake: Lake, name: str, held: Holding | None) -> Listed:
    ids = {
        instrument.instrument_id
        for instrument in lake.directory().instruments
        if instrument.dataset == name
    }
    ends = (held.first_session, held.last_session) if held else (None, None)
    return Listed(name, "dataset", len(ids), *ends)


def _stored(lake: Lake, held: dict[str, Holding]) -> Iterator[Listed]:
    every: dict[str, list[Membership]] = {}
    for membership in lake.memberships():
        every.setdefault(membership.universe, []).append(membership)
    for name, stays in sorted(every.items()):
        ids = {membership.instrument_id for membership in stays}
        lasts = [day for membership in stays if (day := _last(membership, held))]
        first = min(membership.start for membership in stays)
        yield Listed(name, "stored", len(ids), first, max(lasts, default=None))


def _last(membership: Membership, held: dict[str, Holding]) -> date | None:
    if membership.end is not None:
        return membership.end - timedelta(days=1)
    own = held.get(dataset_of(membership.instrument_id))
    return own.last_session if own else None
