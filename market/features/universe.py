"""Feature sets across a universe: each session closes at a cut-off, over the members known by then."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from market.arrays import Floats, Mask, Stamps
from market.errors import BadParameter, DataNotFit
from market.features.barrier import Barrier, close_barrier
from market.features.cross_section import ACROSS, Codes
from market.features.declared import Declared, InstrumentSet
from market.features.panel import BasePanel
from market.features.universe_column import DROP, Missing, UniverseColumn, check_column


@dataclass(frozen=True, eq=False)
class UniverseRows:
    """``features`` (t, n, k) in the panel's order; NaN for whoever is not present.

    ``barrier`` says who was a member and who was present, and the hash of that by session.
    """

    features: Floats
    barrier: Barrier


@dataclass(frozen=True)
class UniverseSet(Declared):
    """Columns across the members of a universe at one session, from a per-instrument base set.

    The barrier of a session is its close plus ``delay_s`` seconds. Present are the members whose
    base columns that this set reads are all finite and were known by then; what comes later never
    counts for that session. Sums run in order of instrument ids, so that values are the same to the
    bit in whatever order instruments stand, and for one session alone as for many.
    """

    name: str
    version: int
    base: InstrumentSet
    columns: tuple[UniverseColumn, ...]
    delay_s: int
    missing: Missing = DROP
    kind: ClassVar[str] = "universe"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.delay_s < 0:
            raise BadParameter(f"delay_s={self.delay_s}: expected 0 or more", parameter="delay_s")
        for column in self.columns:
            check_column(column, self.base)

    def described(self) -> Sequence[UniverseColumn]:
        return self.columns

    @property
    def anchor(self) -> str:
        return f"the members at the session's barrier, each over {self.base.anchor}"

    def compute(
        self,
        panel: BasePanel,
        *,
        member: ArrayLike,
        session_close: Stamps,
        group: ArrayLike | None = None,
    ) -> UniverseRows:
        """Values of each session of a panel of the base set, (t, n, k).

        ``member`` (t, n) says who was in the universe at each session as it was known then, and
        ``session_close`` (t,) is in UTC. ``group`` (n,) or (t, n) are labels, as sectors, that held
        then; "" for none. Raises DataNotFit where shapes do not fit or groups are needed and absent.
        """
        width = len(self.base.names)
        if panel.base.shape[2] != width:
            raise DataNotFit(f"{panel.base.shape[2]} base columns: {self.base.name} has {width}")
        barrier = close_barrier(
            panel,
            member=np.asarray(member, dtype=bool),
            cutoff=self.cutoff(session_close),
            places=sorted(set(self._places)),
        )
        present = barrier.present & self._enough(barrier)[:, np.newaxis]
        return UniverseRows(self._across(panel, present, self._codes(group, panel)), barrier)

    def _across(self, panel: BasePanel, present: Mask, codes: Codes) -> Floats:
        order = np.argsort(np.array(panel.instruments))
        # Contiguous, so that kernels are compiled for one layout.
        there = np.ascontiguousarray(present[:, order])
        groups = np.ascontiguousarray(codes[:, order])
        features = np.empty((*present.shape, len(self.columns)))
        for at, (column, place) in enumerate(zip(self.columns, self._places, strict=True)):
            base = np.ascontiguousarray(panel.base[:, order, place])
            argument = column.arguments[0] if column.arguments else 0
            across = ACROSS[column.operation].compute(base, there, groups, argument)
            features[:, order, at] = across
        return features

    @cached_property
    def _places(self) -> tuple[int, ...]:
        """Of each column, the base column that it reads."""
        return tuple(self.base.names.index(column.base) for column in self.columns)

    def cutoff(self, session_close: Stamps) -> Stamps:
        """The barrier of each session, UTC."""
        closes: Stamps = np.asarray(session_close, dtype="datetime64[us]")
        return closes + np.timedelta64(self.delay_s, "s")

    def _enough(self, barrier: Barrier) -> Mask:
        # Without members nobody is present either: 0 of 1, not 0 / 0.
        share = barrier.present_count / np.maximum(barrier.member_count, 1)
        return share >= self.missing.share

    def _codes(self, group: ArrayLike | None, panel: BasePanel) -> Codes:
        shape = panel.available_at.shape
        if group is None:
            grouped = [column.name for column in self.columns if ACROSS[column.operation].grouped]
            if grouped:
                raise DataNotFit(f"{grouped[0]} needs groups: give group= with a label each")
            return np.full(shape, -1, dtype=np.int64)
        labels = np.asarray(group, dtype=np.str_)
        if labels.shape not in {shape, shape[1:]}:
            raise DataNotFit(f"group has shape {labels.shape}: expected {shape} or {shape[1:]}")
        codes = np.unique(labels, return_inverse=True)[1].reshape(labels.shape)
        # The zeros spread labels that hold throughout, (n,), over all sessions.
        return np.where(labels == "", -1, codes) + np.zeros(shape, dtype=np.int64)

    def _details(self) -> dict[str, Any]:
        return {
            "base": {
                "name": self.base.name,
                "version": self.base.version,
                "definition_hash": self.base.definition_hash,
            },
            "cutoff": f"session close + {self.delay_s} s",
            "missing": {"policy": self.missing.policy, "share": self.missing.share},
        }
