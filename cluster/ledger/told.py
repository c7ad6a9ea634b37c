"""A trial that is told a second time: the same once more, or a contradiction."""

import math
from typing import Final

import numpy as np

from cluster.errors import Conflict
from cluster.ledger.returns import returns_of
from cluster.ledger.store import Trial
from cluster.stores.lake.lake import Lake
from market.arrays import Days, Floats

_FIGURES: Final = ("sharpe", "skew", "kurtosis")
# Returns are kept as 32-bit floats; another machine may compute their last digit otherwise.
_RELATIVE, _ABSOLUTE = 1e-5, 1e-8


def require_same(lake: Lake, standing: Trial, told: Trial, returns: tuple[Days, Floats]) -> None:
    """Raise Conflict where sessions, returns or the year are not those that stand under its id.

    What the run was called may differ: each run has a name of its own.
    """
    kept = returns_of(lake, [standing.id]).get(standing.id)
    same = (
        (standing.sessions, standing.sessions_per_year) == (told.sessions, told.sessions_per_year)
        and all(_close(getattr(standing, name), getattr(told, name)) for name in _FIGURES)
        and (kept is None or _equal(kept, returns))
    )
    if not same:
        raise Conflict(
            f"trial {standing.id} was told before with other returns: what stands is never changed; "
            "what is another idea has another source, parameters, bars or family"
        )


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-3, abs_tol=1e-6)


def _equal(kept: tuple[Days, Floats], told: tuple[Days, Floats]) -> bool:
    return np.array_equal(kept[0], told[0]) and np.allclose(
        kept[1], told[1], rtol=_RELATIVE, atol=_ABSOLUTE
    )
