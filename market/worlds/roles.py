"""What each instrument of a world is there for: roles by index, the same in every block of 24."""

from enum import StrEnum

BLOCK = 24
SECTORS = ("Energy", "Finance", "Health", "Industry", "Retail", "Technology")
DATASET = "world"


class Role(StrEnum):
    """An instrument has one kind of action, or is part of one planted signal, or is plain."""

    SPLIT = "split 2:1"
    REVERSE_SPLIT = "split 1:10"
    DIVIDENDS = "dividends"
    SPECIAL_DIVIDEND = "special dividend"
    SPIN_OFF = "spin-off"
    SPUN_OFF = "spun off"
    RENAME = "rename"
    DELISTING = "delisting"
    LATE_LISTING = "late listing"
    AR1 = "autoregression"
    LEADER = "leader of a pair"
    FOLLOWER = "follower of a pair"
    MOMENTUM = "momentum group"
    PLAIN = "plain"


_ROLES = (
    *(Role.SPLIT, Role.REVERSE_SPLIT, Role.DIVIDENDS, Role.SPECIAL_DIVIDEND),
    *(Role.SPIN_OFF, Role.SPUN_OFF),  # neighbours: the child is the instrument after its parent
    *(Role.RENAME, Role.DELISTING, Role.LATE_LISTING, Role.AR1),
    *(Role.LEADER, Role.FOLLOWER),  # neighbours too
    *(Role.MOMENTUM,) * 8,
    *(Role.PLAIN,) * 4,
)


def role_of(index: int) -> Role:
    """The role of the instrument with that index."""
    return _ROLES[index % BLOCK]


def group_of(index: int) -> range:
    """The indexes of the momentum group in that instrument's block."""
    first = index - index % BLOCK + _ROLES.index(Role.MOMENTUM)
    return range(first, first + _ROLES.count(Role.MOMENTUM))


def symbol_of(index: int) -> str:
    """WLD001 for index 0."""
    return f"WLD{index + 1:03d}"


def id_of(index: int) -> str:
    """The permanent id of the instrument with that index."""
    return f"{DATASET}:{symbol_of(index)}"
