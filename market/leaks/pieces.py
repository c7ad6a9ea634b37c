"""How a value answers to its own bar's close: in straight pieces, or along a curve."""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from market.arrays import Floats

_EQUAL = 1e-6  # slopes that differ by less, as a share of themselves, are one
_FEWEST = 3  # points on a line that make it one, unless it passes through zero
_LOOSE = 2  # points that may lie in no piece: beyond a turn between the last ones


class Piece(NamedTuple):
    """A line through the points ``first`` to ``last``; ``intercept`` is its value at 0."""

    slope: float
    intercept: float
    first: int
    last: int


@dataclass(frozen=True)
class Answer:
    """The pieces of an answer to m moves, and how many points lie in none of them.

    ``origin`` is the place of the move 0, in the middle; ``noise`` is the rounding of a value.
    """

    pieces: tuple[Piece, ...]
    loose: int
    origin: int
    noise: float

    @property
    def through_zero(self) -> bool:
        """Whether it is a position times the move: pieces of lines that all pass through zero."""
        return self.loose <= _LOOSE and all(map(self.is_gain, self.pieces))

    @property
    def steepest(self) -> float:
        """The largest slope, whatever its sign; 0 for an answer that never moves."""
        return max((abs(piece.slope) for piece in self.pieces), default=0.0)

    @property
    def turns_at_zero(self) -> bool:
        """Whether it has one piece for falls and one for rises, and no more."""
        if len(self.pieces) != 2:
            return False
        falls, rises = self.pieces
        return falls.last >= self.origin - 1 and rises.first <= self.origin + 1

    @property
    def lopsided(self) -> bool:
        """Whether some rise is answered with another slope than the fall of its size.

        Else rises and falls cancel out: nothing is gained by it on average.
        """
        slopes = np.full(2 * self.origin + 1, np.nan)
        for piece in self.pieces:
            slopes[piece.first : piece.last + 1] = piece.slope
        return bool((np.abs(slopes - slopes[::-1]) > 10 * _EQUAL * self.steepest).any())

    def is_gain(self, piece: Piece) -> bool:
        """Whether that piece is 0 for no move."""
        return abs(piece.intercept) <= _EQUAL * self.steepest + self.noise

    def bends(self, share: float, *, points: int) -> bool:
        """Whether pieces of that many points have slopes that differ by a share of the steepest."""
        slopes = [p.slope for p in self.pieces if p.last - p.first + 1 >= points]
        return bool(slopes) and max(slopes) - min(slopes) > share * self.steepest

    def profile(self) -> Floats:
        """The pieces, (pieces, 3), to be compared with those of another bar whatever their size."""
        return np.array([(p.slope / self.steepest, p.first, p.last) for p in self.pieces])


def answer(moves: Floats, values: Floats, *, size: float) -> Answer:
    """The answer to rising ``moves`` (m,), as many falls as rises; ``values`` (m,) are finite.

    ``size`` is how large the numbers were that the values are differences of.
    """
    noise = 16 * np.finfo(np.float64).eps * max(size, float(np.abs(values).max()))
    slopes = np.diff(values) / np.diff(moves)
    # Two values that are each off by their noise tilt the slope between them by this much.
    slack = 2 * noise / float(np.diff(moves).min())
    pieces = tuple(_pieces(moves, values, slopes.tolist(), slack))
    inside = {at for piece in pieces for at in range(piece.first, piece.last + 1)}
    origin = int(np.searchsorted(moves, 0.0))
    return Answer(pieces, len(moves) - len(inside), origin, 1e3 * noise)


def _pieces(moves: Floats, values: Floats, slopes: list[float], slack: float) -> list[Piece]:
    turns = [
        at + 1
        for at, (one, other) in enumerate(pairwise(slopes))
        if abs(one - other) > _EQUAL * max(abs(one), abs(other)) + slack
    ]
    ends = [0, *turns, len(slopes)]
    lines = (_line(moves, values, first, last) for first, last in pairwise(ends))
    return [
        line
        for line in lines
        if line.last - line.first + 1 >= _FEWEST or abs(line.intercept) <= _EQUAL * abs(line.slope)
    ]


def _line(moves: Floats, values: Floats, first: int, last: int) -> Piece:
    rise = float(values[last] - values[first])
    slope = rise / float(moves[last] - moves[first])
    return Piece(slope, float(values[last]) - slope * float(moves[last]), first, last)
