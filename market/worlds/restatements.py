"""Restatements: daily bars whose close was told wrong at first and put right two sessions later."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa

from market.arrays import from_day, from_stamp
from market.synthetic.randomness import Stream, uniforms
from market.worlds.hours import Hours
from market.worlds.tables import Row, delivered, joined, rows_of, with_close
from market.worlds.trading import Trading

DELAY = 2
"""Sessions from a bar to its correction."""
_RATE = 1 / 120  # of sessions that are restated


@dataclass(frozen=True, slots=True)
class Restatement:
    """The close that was told first, the true one, and when that became known (aware UTC)."""

    instrument_id: str
    session: date
    first: float
    final: float
    corrected_at: datetime


def vintages(trading: Trading, rows: range) -> pa.Table:
    """Daily bars of those sessions with all that was ever told, in order of ``recorded_at``.

    A corrected bar is a second row: same stamp, later ``available_at`` and ``recorded_at``.
    """
    table, hours = delivered(trading.days(rows)), trading.paths.hours
    chosen, errors = _restated(trading, rows)
    told: list[Row] = []
    for place, error in zip(chosen, errors, strict=True):
        (row,) = rows_of(table, place, 1)
        moment = _corrected_at(hours, rows[place])
        told.append(with_close(row, _first_word(trading, row["close"], error)))
        told.append(row | {"available_at": moment, "recorded_at": moment})
    untouched = np.ones(len(rows), dtype=bool)
    untouched[chosen] = False
    restated = pa.Table.from_pylist(told, schema=table.schema)
    return joined([table.filter(pa.array(untouched)), restated]).sort_by(
        [("recorded_at", "ascending"), ("timestamp", "ascending")]
    )


def restatements(trading: Trading) -> tuple[Restatement, ...]:
    """Every restatement in the life of the instrument, by session."""
    hours, rows, closes = trading.paths.hours, trading.life.rows, trading.closes
    return tuple(
        Restatement(
            trading.identity,
            from_day(hours.days[rows[place]]),
            _first_word(trading, float(closes[place]), error),
            float(closes[place]),
            _corrected_at(hours, rows[place]),
        )
        for place, error in zip(*_restated(trading, rows), strict=True)
    )


def _first_word(trading: Trading, close: float, error: float) -> float:
    """The wrong close, as round as the world's prices are."""
    wrong = close * (1.0 + error)
    return wrong if trading.decimals is None else round(wrong, trading.decimals)


def _corrected_at(hours: Hours, row: int) -> datetime:
    return from_stamp(hours.closes[row + DELAY])


def _restated(trading: Trading, rows: range) -> tuple[list[int], list[float]]:
    """Places among ``rows`` that are restated, and their errors; any row can be asked alone.

    A bar too near the world's end for its correction is told right at once.
    """
    u = uniforms(
        trading.paths.seed,
        Stream.WORLD_RESTATEMENT,
        trading.index,
        first=rows.start,
        rows=len(rows),
        width=4,
    )
    rate_u, sign_u, size_u, _spare = u.T
    last = min(trading.life.stop, len(trading.paths.hours) - DELAY)
    chosen = np.flatnonzero((rate_u < _RATE) & (np.array(rows) < last))
    errors = np.where(sign_u < 0.5, -1.0, 1.0) * (0.005 + 0.015 * size_u)
    return chosen.tolist(), errors[chosen].tolist()
