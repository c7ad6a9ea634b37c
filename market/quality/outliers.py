"""Bars that are possible but unlikely: warnings, never refusals, by robust deviations."""

import numpy as np
import pyarrow as pa

from market.arrays import Days, Floats, Mask
from market.bars import BAR_SCHEMA
from market.errors import BadParameter
from market.tables import by_instrument, days, marked, numbers, require_columns

_FEWEST = 20  # below that many values nothing is called unusual
_MOVES = ("spike: the close leaves and returns", "jump: the close moves to another level")
_ROUNDING = 1e-9  # a mean by volume of one price is that price but for rounding
_NORMAL_MAD, _NORMAL_MEAN = 1.4826, 1.2533  # of a normal law: deviation over MAD, over mean |x|


def outliers(table: pa.Table, *, limit: float = 15.0) -> pa.Table:
    """The unlikely bars of a BAR_SCHEMA table with a column ``warning``.

    Rows of one instrument stand in time order and have passed ``validate``. A value is unlikely
    when it lies more than ``limit`` robust deviations from the median of its instrument (1.4826 x
    median absolute deviation; 1.2533 x mean absolute deviation where the first is 0: Iglewicz and
    Hoaglin, 1993). Judged are the close's log move (overnight apart from within the session), the
    log of high over low, and the log of volume. A move is counted from the last close that is
    there. A close that leaves and comes back with the next is a spike, one that stays (a split,
    news) a jump. Fewer than 20 values are not judged. A price by volume outside low to high is
    named too: vendors count trades in it that make no high or low. Raises BadParameter unless
    limit > 0, DataNotFit for a missing column.
    """
    require_columns(table, BAR_SCHEMA.names)
    if not limit > 0.0:
        raise BadParameter(f"limit={limit}: expected above 0", parameter="limit")
    faults = {name: np.zeros(table.num_rows, dtype=bool) for name in (*_MOVES, "range", "volume")}
    with np.errstate(divide="ignore", invalid="ignore"):
        ranges = np.log(numbers(table, "high") / numbers(table, "low"))
        volumes = np.log(numbers(table, "volume"))
        closes = np.log(numbers(table, "close"))
    sessions = days(table, "session")
    for rows in by_instrument(table, np.arange(table.num_rows)):
        there = rows[np.isfinite(closes[rows])]
        for name, odd in zip(_MOVES, _moves(closes[there], sessions[there], limit), strict=True):
            faults[name][there] = odd
        faults["range"][rows] = _deviations(ranges[rows]) > limit
        faults["volume"][rows] = np.abs(_deviations(volumes[rows])) > limit
    faults["price by volume outside low to high"] = _outside(table)
    return marked(table, faults, column="warning")


def _outside(table: pa.Table) -> Mask:
    vwap, high, low = (numbers(table, name) for name in ("vwap", "high", "low"))
    outside: Mask = (vwap > high * (1.0 + _ROUNDING)) | (vwap < low * (1.0 - _ROUNDING))
    return outside


def _moves(closes: Floats, sessions: Days, limit: float) -> tuple[Mask, Mask]:
    """Which closes are spikes, and which are jumps, shape (n,) each; all are there."""
    moves = np.diff(closes, prepend=np.nan)
    overnight = np.concatenate(([True], sessions[1:] != sessions[:-1]))
    # Apart: nights move prices more than minutes do, and by their scale each would be far.
    far = np.zeros(len(moves), dtype=bool)
    for kind in (overnight, ~overnight):
        far[kind] = np.abs(_deviations(moves[kind])) > limit
    following = np.append(moves[1:], np.nan)
    returned = np.append(far[1:], False) & (np.abs(moves + following) < np.abs(moves) / 2.0)
    spikes = far & returned
    spikes &= ~np.concatenate(([False], spikes[:-1]))  # the way back is not a spike of its own
    jumps = far & ~spikes & ~np.concatenate(([False], spikes[:-1]))
    return spikes, jumps


def _deviations(values: Floats) -> Floats:
    """Robust deviations from the median; NaN for what is missing or cannot be judged."""
    known = values[np.isfinite(values)]
    if len(known) < _FEWEST:
        return np.full(len(values), np.nan)
    centre = float(np.median(known))
    apart = np.abs(known - centre)
    scale = _NORMAL_MAD * float(np.median(apart)) or _NORMAL_MEAN * float(apart.mean())
    finite = np.where(np.isfinite(values), values, np.nan)
    # Where all values are equal there is no scale, and none of them stands out.
    deviations: Floats = (finite - centre) / (scale or np.nan)
    return deviations
