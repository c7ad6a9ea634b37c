"""One compaction of a table at a time: a claim in its log, which runs out if its holder dies.

Delta lets two compactions of the same files pass side by side, and each would leave all their rows.
Two changes of a table's properties it does not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError

from cluster.errors import StoreError

_PROPERTY = "trii.compacting"
_FREE = ""
_RUNS_OUT = timedelta(hours=12)


@contextmanager
def claimed(delta: DeltaTable, *, now: datetime) -> Iterator[bool]:
    """Whether the table is ours until the end of the block; `now` is aware.

    It is not while another holds it, for at most 12 hours. Both ends are commits: `delta` then
    stands at the newest version.
    """
    since = delta.metadata().configuration.get(_PROPERTY, _FREE)
    held = since != _FREE and now - datetime.fromisoformat(since) < _RUNS_OUT
    if held or not _set(delta, now.isoformat()):
        yield False
        return
    try:
        yield True
    finally:
        _set(delta, _FREE)


def _set(delta: DeltaTable, value: str) -> bool:
    try:
        # The property is ours: Delta would refuse a name that it does not know.
        delta.alter.set_table_properties({_PROPERTY: value}, raise_if_not_exists=False)
    except CommitFailedError:
        return False  # somebody set it since `delta` was opened
    except (DeltaError, OSError) as exc:
        raise StoreError(f"{delta.table_uri}: it cannot be claimed for compaction: {exc}") from exc
    return True
