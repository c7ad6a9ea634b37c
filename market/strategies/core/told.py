"""Weights as a strategy tells them: by place, or by name."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from market.arrays import Floats, floats
from market.errors import DataNotFit, did_you_mean
from market.named import rows_of


def weights_of(raw: Any, instrument_ids: Sequence[str], *, of: str) -> Floats:
    """Weights (n,), a copy: of a dict or a Series those by instrument, 0 for who is not named.

    A name is an instrument's id, or its symbol where no other has it. Raises `DataNotFit` for a name
    that is none or that is there twice, for another shape, and for what is no number.
    """
    if not _by_name(raw):
        wanted = np.array(floats(raw, of=f"weights of strategy {of!r}"))
        if wanted.shape != (len(instrument_ids),):
            raise DataNotFit(
                f"strategy {of!r} gave weights of shape {wanted.shape}, "
                f"expected ({len(instrument_ids)},)"
            )
        return wanted
    places = _places(instrument_ids)
    wanted, told = np.zeros(len(instrument_ids)), set()
    for name, weight in raw.items():
        if (place := places.get(name)) is None:
            near = did_you_mean(str(name), list(places))
            raise DataNotFit(
                f"strategy {of!r} gave a weight for {name!r}: expected names of "
                f"book.instrument_ids, such as {instrument_ids[0]!r}{near}"
            )
        if place in told:
            raise DataNotFit(f"strategy {of!r} gave two weights for {name!r}: expected one")
        told.add(place)
        wanted[place] = _number(weight, of=f"weight of {name!r} by strategy {of!r}")
    return wanted


def _by_name(raw: Any) -> bool:
    """A Series that only counts its rows says places, not names."""
    if isinstance(raw, Mapping):
        return True
    rows = rows_of(raw)
    return rows is not None and np.ndim(raw) == 1 and list(rows) != list(range(len(rows)))


def _number(weight: Any, *, of: str) -> float:
    found = floats(weight, of=of)
    if found.ndim:
        raise DataNotFit(f"{of}: expected a number, got {found.shape}")
    return float(found)


def _places(instrument_ids: Sequence[str]) -> dict[str, int]:
    """The place of each id, and of each symbol that one instrument alone has."""
    symbols = [name.partition(":")[2] for name in instrument_ids]
    count = Counter(symbols)
    lone = {name: at for at, name in enumerate(symbols) if name and count[name] == 1}
    return {**lone, **{name: at for at, name in enumerate(instrument_ids)}}
