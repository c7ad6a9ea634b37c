"""Memberships of universes in the lake: intervals that never overlap for one instrument."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from itertools import pairwise

import pyarrow as pa

from cluster.errors import BadInput
from cluster.stores.lake.refusals import refuse
from cluster.stores.lake.tables import MEMBERS
from market.universes import Membership

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


def to_rows(memberships: Iterable[Membership], *, recorded_at: datetime) -> pa.Table:
    """The memberships as rows. Raises BadInput for a bad name, a naive time or an empty interval."""
    rows = []
    for membership in memberships:
        if not _NAME.fullmatch(membership.universe):
            raise refuse("universe", "expected lower-case letters, digits and hyphens", "pattern")
        if membership.available_at.tzinfo is None:
            raise refuse("available_at", "a time needs its zone", "timezone")
        if membership.end is not None and membership.end < membership.start:
            raise BadInput(
                f"{membership.instrument_id} leaves {membership.universe} before it enters it"
            )
        rows.append(asdict(membership) | {"recorded_at": recorded_at})
    return pa.Table.from_pylist(rows, schema=MEMBERS.schema)


def to_memberships(rows: pa.Table) -> list[Membership]:
    """The memberships, in the order of the rows."""
    return [Membership(**row) for row in rows.drop(["recorded_at"]).to_pylist()]


def check_overlap(standing: pa.Table, delivery: pa.Table) -> None:
    """Raise BadInput if an instrument would be in a universe twice on one day."""
    # By key, the delivery last: what it says again or otherwise replaces what stands.
    after = {
        _key(membership): membership
        for membership in (*to_memberships(standing), *to_memberships(delivery))
    }
    stays: dict[tuple[str, str], list[Membership]] = defaultdict(list)
    for membership in after.values():
        if (
            membership.end is None or membership.end > membership.start
        ):  # an empty one was taken back
            stays[membership.universe, membership.instrument_id].append(membership)
    for group in stays.values():
        ordered = sorted(group, key=lambda membership: membership.start)
        # By start: an interval that reaches a later one reaches its neighbour too.
        for first, second in pairwise(ordered):
            if first.holds_on(second.start):
                raise BadInput(
                    f"{first.instrument_id} in {first.universe}: from {first.start} and from "
                    f"{second.start} overlap; end the first before the second begins"
                )


def _key(membership: Membership) -> tuple[str, str, date]:
    return membership.universe, membership.instrument_id, membership.start
