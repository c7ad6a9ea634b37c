"""Who is in a world's index: founders, one change for some, and the way out of what is delisted."""

from collections.abc import Iterator
from datetime import datetime

from market.arrays import from_day, from_stamp
from market.synthetic.randomness import Stream, uniforms
from market.universes import MembershipChange
from market.worlds.hours import Hours
from market.worlds.life import Life
from market.worlds.paths import Paths
from market.worlds.roles import id_of

LEAD = 5
"""Sessions from the announcement of a change to the session from which it holds."""
_FOUNDERS, _LEAVING, _JOINING = 0.7, 0.3, 0.7


def memberships(paths: Paths, index: int, life: Life) -> Iterator[MembershipChange]:
    """The changes of one instrument, in order of session."""
    hours = paths.hours
    u = uniforms(paths.seed, Stream.WORLD_MEMBER, index, first=0, rows=1, width=4)[0].tolist()
    founder_u, change_u, row_u, _spare = u
    row = max(int(len(hours) * (0.2 + 0.6 * row_u)), life.first + LEAD)
    founder = founder_u < _FOUNDERS and life.first == 0
    inside = founder
    if founder:
        yield _change(index, hours, 0, member=True, known=from_stamp(hours.opens[0]))
    if row < life.stop and change_u < (_LEAVING if founder else _JOINING):
        inside = not founder
        known = from_stamp(hours.closes[row - LEAD])
        yield _change(index, hours, row, member=inside, known=known)
    if inside and life.stop < len(hours):
        known = from_stamp(hours.closes[life.stop - 1])
        yield _change(index, hours, life.stop, member=False, known=known)


def _change(
    index: int, hours: Hours, row: int, *, member: bool, known: datetime
) -> MembershipChange:
    return MembershipChange(
        id_of(index), from_day(hours.days[row]), member=member, available_at=known
    )
