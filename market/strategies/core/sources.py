"""What inputs are taken from: a field of bars, an indicator with all its columns, a series of closes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from market import windows
from market.arrays import Floats
from market.errors import BadParameter
from market.indicators import Indicator, parse
from market.indicators.core.indicator import FIELDS
from market.indicators.panel import batch_panel

Panels = Mapping[str, Floats]
"""Fields of bars by name, each of shape (m, n): m instruments over n sessions."""
_LEAST, _MOST = 2, 1_000


@dataclass(frozen=True, slots=True)
class Source:
    """Columns that are computed together, once however many inputs are taken from them.

    `fields` are what it reads of a bar. `degrees` has each column's degree of homogeneity in price,
    as `indicators.Indicator` has it; None: it must be fed raw prices. `compute` gives (m, n, c).
    """

    name: str
    fields: tuple[str, ...]
    columns: tuple[str, ...]
    degrees: tuple[int | None, ...]
    compute: Callable[[Panels], Floats]


def find_source(name: str) -> Source:
    """The source called `name`. Raises `UnknownIndicator`, `BadParameter` out of range."""
    head, colon, text = name.partition(":")
    if head in FIELDS and not colon:
        # Volume counts shares: a later split changes its past, so adjusted data cannot carry it.
        return Source(name, (head,), (head,), (None if head == "volume" else 1,), _field(head))
    if head in _OF_CLOSES:
        degree, compute = _OF_CLOSES[head]
        window = _window(name, text)
        return Source(name, ("close",), (head,), (degree,), lambda bars: compute(bars, window))
    return _indicator(parse(name))


def _field(name: str) -> Callable[[Panels], Floats]:
    return lambda bars: bars[name][..., None]


def _indicator(indicator: Indicator) -> Source:
    def compute(bars: Panels) -> Floats:
        values = batch_panel((indicator.name,), **{name: bars[name] for name in indicator.inputs})[
            indicator.name
        ]
        return values.reshape(*values.shape[:2], len(indicator.columns))

    return Source(indicator.name, indicator.inputs, indicator.columns, indicator.degrees, compute)


def _window(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and _LEAST <= int(text) <= _MOST):
        raise BadParameter(
            f"input {name!r}: expected a window from {_LEAST} to {_MOST}", parameter="window"
        )
    return int(text)


def _channel(bars: Panels, window: int) -> Floats:
    """Donchian's channel of bars whose high and low are their close."""
    name = f"donchian:{window}"
    return batch_panel((name,), high=bars["close"], low=bars["close"])[name]


def _highest(bars: Panels, window: int) -> Floats:
    return _channel(bars, window)[..., :1]


def _lowest(bars: Panels, window: int) -> Floats:
    return _channel(bars, window)[..., 2:]


def _volatility(bars: Panels, window: int) -> Floats:
    close = bars["close"]
    out = np.full((*close.shape, 1), np.nan)
    for row, closes in enumerate(close):
        there = np.isfinite(closes)
        # Over the closes that are there alone, so that a window counts bars and not sessions.
        changes = windows.log_returns(closes[there], 1, 0)
        out[row, there, 0] = windows.realised_volatility(changes, window, 0)
    return out


_OF_CLOSES: dict[str, tuple[int, Callable[[Panels, int], Floats]]] = {
    "close-high": (1, _highest),
    "close-low": (1, _lowest),
    "close-volatility": (0, _volatility),
}
"""Degree in price and values, by name."""
