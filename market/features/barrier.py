"""The barrier of a session: who belongs to the universe then, and who was known by the cut-off."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from market.arrays import Mask, Stamps
from market.errors import DataNotFit
from market.features.panel import BasePanel


@dataclass(frozen=True, eq=False)
class Barrier:
    """Who was a member and who of them was present (t, n) at ``cutoff`` (t,), UTC."""

    instruments: tuple[str, ...]
    cutoff: Stamps
    member: Mask
    present: Mask

    @cached_property
    def member_count(self) -> NDArray[np.int64]:
        count: NDArray[np.int64] = self.member.sum(axis=1, dtype=np.int64)
        return count

    @cached_property
    def present_count(self) -> NDArray[np.int64]:
        count: NDArray[np.int64] = self.present.sum(axis=1, dtype=np.int64)
        return count

    @cached_property
    def member_hash(self) -> tuple[str, ...]:
        """By session: sha256 of the members' ids in order, each with whether it was present.

        Equal hashes mean that rows were computed over the same set; instruments on the axis that
        are no members do not count.
        """
        # A universe stands for many sessions: each of its states is hashed once.
        known: dict[bytes, str] = {}
        rows = np.concatenate([self.member, self.present], axis=1)
        for row in rows:
            known.setdefault(row.tobytes(), "")
        for key in known:
            known[key] = self._digest(np.frombuffer(key, dtype=bool))
        return tuple(known[row.tobytes()] for row in rows)

    def _digest(self, row: Mask) -> str:
        member, present = np.split(row, 2)
        listed = sorted(
            (name, bool(there))
            for name, own, there in zip(self.instruments, member, present, strict=True)
            if own
        )
        return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def close_barrier(
    panel: BasePanel, *, member: Mask, cutoff: Stamps, places: Sequence[int]
) -> Barrier:
    """Present is a member whose base columns ``places`` are finite and known at the cut-off."""
    shape = panel.available_at.shape
    if member.shape != shape:
        raise DataNotFit(f"member has shape {member.shape}: expected {shape}")
    if cutoff.shape != shape[:1] or np.isnat(cutoff).any():
        raise DataNotFit(f"expected {shape[0]} session closes, none of them missing")
    finite = np.isfinite(panel.base[:, :, list(places)]).all(axis=2)
    # NaT compares false: what has no time was never known.
    known = panel.available_at <= cutoff[:, np.newaxis]
    return Barrier(panel.instruments, cutoff, member, member & finite & known)
