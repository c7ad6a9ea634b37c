"""On which days instruments were in a stored universe, as far as was known on each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import zip_longest

from cluster.stores.lake.keyed import one_of, scan
from cluster.stores.lake.lake import Lake
from cluster.stores.lake.members import to_memberships
from cluster.stores.lake.snapshots import ABSENT, Snapshot
from cluster.stores.lake.tables import MEMBERS
from cluster.stores.lake.vintages import tellings
from market.arrays import Days, Mask, Stamps, from_stamp
from market.universes import Membership, member_mask


@dataclass(frozen=True)
class MemberDays:
    """All tellings of memberships by instrument, in the order in which they were recorded."""

    told: Mapping[str, Sequence[Membership]]

    def mask(self, instrument_id: str, session: Days, known_at: Stamps) -> Mask:
        """Whether it was a member at each session (n,), as known at `known_at` (n,), UTC."""
        return member_mask(self.told.get(instrument_id, ()), session, known_at)

    def any_between(self, instrument_id: str, start: date | None, end: date | None) -> bool:
        """Whether it may have been a member, as known then, on a day from `start` to `end`, both included."""
        told = self.told.get(instrument_id, ())
        stood = (_stood(*pair) for pair in zip_longest(told, told[1:]))
        return any(
            first <= last and first <= (end or date.max) and (start or date.min) <= last
            for first, last in stood
        )


def _stood(telling: Membership, following: Membership | None) -> tuple[date, date]:
    """The first and the last day on which a telling can have counted."""
    first = max(telling.start, telling.available_at.date())
    last = date.max if telling.end is None else telling.end - timedelta(days=1)
    if following is not None and following.start == telling.start:  # told anew
        last = min(last, following.available_at.date())
    return first, last


def member_days(lake: Lake, universe: str, *, snapshot: str) -> MemberDays:
    """Of a stored universe, as the snapshot holds it; empty for one that it does not hold."""
    version = Snapshot.parse(snapshot).of(MEMBERS.name)
    if version == ABSENT:
        return MemberDays({})
    table = lake.tables[MEMBERS.name].delta.at(version)
    rows = scan(table, MEMBERS.schema, one_of("universe", [universe]))
    ordered, known = tellings(rows, MEMBERS.keys)
    told: dict[str, list[Membership]] = defaultdict(list)
    for membership, stamp in zip(to_memberships(ordered), known, strict=True):
        told[membership.instrument_id].append(replace(membership, available_at=from_stamp(stamp)))
    return MemberDays(dict(told))
