"""The networks that a sweep tries: every point of a space, or some of it drawn by a seed."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from cluster.requests.space import Range, Space
from training.network import NetworkConfig

_DRAWN = 20  # of a space with a range, where nobody says how many
_TRIES = 20  # draws for each trial wanted: a narrow range of epochs holds few different ones


def configurations(space: Space, *, trials: int | None, seed: int) -> tuple[NetworkConfig, ...]:
    """Different networks: the same space, trials and seed give the same ones in the same order.

    All points of a space of lists in the order of its lists, or `trials` of them; of one with a range
    as many as were asked for, fewer where it holds fewer.
    """
    draw = np.random.default_rng(seed)
    if space.points is None:
        wanted = trials or _DRAWN
        drawn = dict.fromkeys(_drawn(space, draw) for _ in range(wanted * _TRIES))
        return tuple(drawn)[:wanted]
    return tuple(_point(space, at) for at in _places(space.points, trials, draw))


def _places(points: int, trials: int | None, draw: np.random.Generator) -> list[int]:
    """Places in the order of the lists; likely networks stand first in them."""
    if trials is None or trials >= points:
        return list(range(points))
    return sorted(int(at) for at in draw.choice(points, size=trials, replace=False))


def _point(space: Space, at: int) -> NetworkConfig:
    choices = [getattr(space, name) for name in Space.model_fields]
    places = np.unravel_index(at, [len(values) for values in choices])
    return NetworkConfig(*(values[place] for values, place in zip(choices, places, strict=True)))


def _drawn(space: Space, draw: np.random.Generator) -> NetworkConfig:
    return NetworkConfig(*(_one(getattr(space, name), draw) for name in Space.model_fields))


def _one(choice: Range | Sequence[Any], draw: np.random.Generator) -> Any:
    if not isinstance(choice, Range):
        return choice[int(draw.integers(len(choice)))]
    whole = isinstance(choice.low, int) and isinstance(choice.high, int)
    # Whole numbers are drawn from the cells around them, so that both ends are as likely as the rest.
    room = 0.5 if whole else 0.0
    low, high = choice.low - room, choice.high + room
    if choice.log:
        found = math.exp(draw.uniform(math.log(low), math.log(high)))
    else:
        found = float(draw.uniform(low, high))
    # Rounding may step over an end.
    found = min(max(found, choice.low), choice.high)
    return round(found) if whole else found
