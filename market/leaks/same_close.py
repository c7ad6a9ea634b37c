"""Columns that book a bar's return on a position which the close of that very bar decided.

Such a column reads no later row. But change nothing except the last bar's close: what an honest
position makes of it is a straight line, since the position was settled before. Where the line is
broken, the position was chosen by the close that it is paid at.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from market.arrays import Floats
from market.leaks.pieces import Answer, answer

Form = Literal["returns", "log returns", "sums", "log sums", "log products"]
"""What a column may be of simple or log returns: these themselves, or what they add up to."""

_UP = (0.0021, 0.0047, 0.0096, 0.0153, 0.0211, 0.0293, 0.0417, 0.0581, 0.0793, 0.113, 0.153, 0.203)
MOVES: Floats = np.array([*(-move for move in reversed(_UP)), 0.0, *_UP])
"""Simple returns of the last bar: no round numbers, fine around zero, beyond means of long windows."""
_LOGS: Floats = np.log1p(MOVES)
_WIDE = 0.25  # highs and lows of the last bar reach beyond every close, and are the same for all
_FEWEST = 2  # bars that must answer before anything is said
_COARSE, _LONG = 0.05, 4  # slopes and points of pieces where costs are booked as well


def last_bars(bars: pd.DataFrame, row: int) -> list[pd.DataFrame]:
    """The bars up to ``row``, whose close is that of the bar before moved by each of MOVES."""
    known = bars.iloc[: row + 1].copy()
    before, last = float(known["close"].iloc[-2]), known.index[-1]
    wide = {"open": 1.0, "high": 1.0 + _WIDE, "low": 1.0 - _WIDE}
    for name, level in wide.items():
        if name in known:
            known.loc[last, name] = before * level
    out = []
    for move in MOVES.tolist():
        moved = known.copy()
        moved.loc[last, "close"] = before * (1.0 + move)
        out.append(moved)
    return out


@dataclass(eq=False)
class Answers:
    """What one column answered on each bar that was tried, by what it may be; see ``Form``."""

    by_form: dict[Form, list[Answer | None]] = field(default_factory=dict)
    unmoved: int = 0
    bars: int = 0

    def add(self, values: Floats, before: float) -> None:
        """The column's last values (m,) for MOVES, and the value ``before`` that bar."""
        self.bars += 1
        at_rest = float(values[np.searchsorted(MOVES, 0.0)])
        self.unmoved += at_rest in {0.0, before} or abs(at_rest - before) <= 1e-12 * abs(before)
        for form, (moves, gains, size) in _forms(values, before).items():
            known = np.isfinite(gains).all()
            given = answer(moves, gains, size=size) if known else None
            self.by_form.setdefault(form, []).append(given)

    def gains(self, *, fewest: int = _FEWEST) -> dict[Form, list[Answer]]:
        """The forms in which it is a position times the bar's return on every bar, in full."""
        return self._where(lambda shape: shape.through_zero, fewest)

    def costly_gains(self, *, fewest: int = _FEWEST) -> dict[Form, list[Answer]]:
        """The forms in which it may be that, less a cost of trading at the close."""
        return self._where(
            lambda shape: any(map(shape.is_gain, shape.pieces)) and not _paid(shape), fewest
        )

    def moves_unpaid(self) -> bool:
        """Whether in some form the column answers to the close, and no move brings a fixed sum."""
        return any(
            None not in given
            and any(shape and (shape.loose or shape.steepest > shape.noise) for shape in given)
            and not any(shape and _paid(shape) for shape in given)
            for given in self.by_form.values()
        )

    def _where(self, holds: Callable[[Answer], bool], fewest: int) -> dict[Form, list[Answer]]:
        out = {}
        for form, given in self.by_form.items():
            known = [shape for shape in given if shape is not None]
            active = [shape for shape in known if shape.steepest > shape.noise]
            if len(known) == self.bars and len(active) >= fewest and all(map(holds, known)):
                out[form] = active
        return out


def _paid(shape: Answer) -> bool:
    """Whether a piece is worth something for no move at all: no cost of trading is."""
    return any(piece.intercept > 0 and not shape.is_gain(piece) for piece in shape.pieces)


def _forms(values: Floats, before: float) -> dict[Form, tuple[Floats, Floats, float]]:
    """By form: the moves, what the column gained, and the size of the numbers it comes from."""
    step, size = values - before, abs(before)
    forms: dict[Form, tuple[Floats, Floats, float]] = {
        "returns": (MOVES, values, 0.0),
        "log returns": (_LOGS, values, 0.0),
        "sums": (MOVES, step, size),
        "log sums": (_LOGS, step, size),
    }
    # What is 0 or below cannot be wealth, and has no logarithm.
    if before > 0 and (values > 0).all():
        forms["log products"] = (_LOGS, np.log(values / before), 1.0)
    return forms


def decided_by_its_close(given: list[Answer]) -> bool:
    """Whether the position changes with the close, by more than the sign or size of that one move.

    A function of the bar's return alone may as well be a feature: the return's size, gains, losses.
    """
    bent = [shape for shape in given if shape.lopsided]
    return bool(bent) and not (all(shape.turns_at_zero for shape in bent) or _alike(given))


def may_be_decided_by_its_close(given: list[Answer]) -> bool:
    """Whether the position changes with the close on at least every second bar that answered."""
    return sum(shape.lopsided for shape in given) * 2 >= len(given)


def decided_despite_costs(given: list[Answer]) -> bool:
    """The same for a column said to be a profit, which may hold costs: they bend nothing far."""
    return any(shape.bends(_COARSE, points=_LONG) for shape in given)


def _alike(given: list[Answer]) -> bool:
    """Whether every bar answered with the same pieces."""
    first = given[0].profile()
    return all(
        shape.profile().shape == first.shape and np.allclose(shape.profile(), first, rtol=1e-5)
        for shape in given[1:]
    )
