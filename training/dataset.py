"""The panel that models learn from: every row an instrument at the close of a session."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cluster.requests.universe import digest
from cluster.stores.lake import Lake
from cluster.stores.lake.known import Past, pasts
from cluster.stores.lake.member_days import MemberDays, member_days
from cluster.stores.lake.universes import Chosen
from market.arrays import Days, Floats, RowNumbers
from market.errors import DataNotFit
from market.features import FeatureSet
from market.labels import Labels

Labeller = Callable[[Floats], Labels]
"""From closes (n,) to their labels, as the functions of ``market.labels.measures``."""


@dataclass(frozen=True, eq=False)
class TrainingPanel:
    """Labelled rows of many instruments, by instrument and then date.

    ``features`` (n, k) without gaps, ``label`` (n,), ``session`` (n,) of the row and ``settled``
    (n,) of the close that settles the label; ``instrument`` (n,) counts into ``instruments``.
    """

    features: Floats
    label: Floats
    session: Days
    settled: Days
    instrument: NDArray[np.int64]
    instruments: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.label)

    @cached_property
    def digest(self) -> str:
        """sha256 of every row: two panels of one digest were judged on the same data."""
        hashed = hashlib.sha256("\n".join(self.instruments).encode())
        for name in _COLUMNS:
            hashed.update(np.ascontiguousarray(getattr(self, name)).tobytes())
        return hashed.hexdigest()

    def take(self, rows: RowNumbers) -> Self:
        """The panel of some rows; the list of instruments stays whole."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})


_COLUMNS = tuple(field.name for field in fields(TrainingPanel) if field.name != "instruments")


@dataclass(frozen=True)
class Source:
    """What is learned from, as manifests tell it: `members` is the digest of its instruments' ids."""

    universe: str
    members: str
    snapshot: str


def source_of(chosen: Chosen, name: str, *, snapshot: str) -> Source:
    """The source that instruments of a snapshot are, under a name."""
    return Source(
        name, digest(instrument.instrument_id for instrument in chosen.instruments), snapshot
    )


def universe_pasts(lake: Lake, chosen: Chosen, *, snapshot: str) -> list[Past]:
    """Daily closes of instruments as a snapshot holds them, by instrument id."""
    return pasts(
        lake, [instrument.instrument_id for instrument in chosen.instruments], snapshot=snapshot
    )


def universe_days(lake: Lake, chosen: Chosen, *, snapshot: str) -> MemberDays | None:
    """The days of membership that count of a stored universe; None for one that has no dates."""
    stored = chosen.stored
    return None if stored is None else member_days(lake, stored, snapshot=snapshot)


def build_panel(
    histories: Iterable[Past],
    features: FeatureSet,
    labels: Labeller,
    *,
    days: MemberDays | None = None,
) -> TrainingPanel:
    """Rows with complete features and a settled label; raises DataNotFit if none has both.

    Features are those of what was known at each row, labels those of the closes as they stand. With
    ``days`` those rows alone at whose close the instrument was known to be a member.
    """
    parts = [_rows(past, features, labels(past.bars.close), days) for past in histories]
    ids = tuple(instrument for instrument, _ in parts)
    counts = [len(columns[0]) for _, columns in parts]
    if not sum(counts):
        raise DataNotFit(f"no row of {len(ids)} instruments has {features.lookback} closes before")
    rows, label, session, settled = (
        np.concatenate(column) for column in zip(*(columns for _, columns in parts), strict=True)
    )
    return TrainingPanel(rows, label, session, settled, np.repeat(np.arange(len(ids)), counts), ids)


def _rows(
    past: Past, features: FeatureSet, labels: Labels, days: MemberDays | None
) -> tuple[str, tuple[Floats, Floats, Days, Days]]:
    """The usable rows of one instrument: features, label, session and settling session."""
    bars = past.bars
    rows, computed = past.features(features)
    usable = np.isfinite(computed).all(axis=1) & np.isfinite(labels.value[rows])
    if days is not None:
        member = days.mask(bars.instrument_id, bars.session, bars.available_at)
        usable &= member[rows]
    rows, computed = rows[usable], computed[usable]
    columns = (computed, labels.value[rows], bars.session[rows], bars.session[labels.end[rows]])
    return bars.instrument_id, columns
