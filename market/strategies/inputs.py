"""What strategies read: indicators of closes by name, and a few series of closes beside them.

An indicator of several columns is read by one of them, as in `bbands:20:2#lower`. Beside the
indicators there are `close`, `close-high:w` and `close-low:w` (highest and lowest of the last w
closes, this one included) and `close-volatility:w` (root mean square of the last w log returns).
Windows count bars that are there; NaN until warm and without a bar, as indicators.
"""

from collections.abc import Callable

import numpy as np

from market import windows
from market.arrays import Floats
from market.compiled import compiled
from market.errors import BadParameter
from market.indicators import parse

_MOST = 1_000


def inputs(close: Floats, names: tuple[str, ...]) -> Floats:
    """Values of each input, shape (k, m, n), of closes (m, n).

    Raises `UnknownIndicator`, or `BadParameter` for a parameter out of range or an indicator that
    reads more than closes, or several columns of which none is named.
    """
    x = np.empty((len(names), *close.shape))
    for k, name in enumerate(names):
        series = _series(name)
        for row in range(close.shape[0]):
            x[k, row] = series(close[row])
    return x


def _series(name: str) -> Callable[[Floats], Floats]:
    head, _, window = name.partition(":")
    if head not in _OF_CLOSES:
        return _indicator(name)
    if head == "close":
        return lambda close: close
    width = _window(name, window)
    return lambda close: _over_bars(close, width, _OF_CLOSES[head])


def _indicator(name: str) -> Callable[[Floats], Floats]:
    head, mark, column = name.partition("#")
    indicator = parse(head)
    if indicator.inputs != ("close",):
        raise BadParameter(f"input {name!r} reads more than closes: {', '.join(indicator.inputs)}")
    if len(indicator.columns) == 1 and not mark:
        return indicator.batch
    if column not in indicator.columns:
        known = ", ".join(f"{head}#{one}" for one in indicator.columns)
        raise BadParameter(f"input {name!r} has columns of its own: expected one of {known}")
    place = indicator.columns.index(column)
    return lambda close: indicator.batch(close).reshape(len(close), -1)[:, place]


def _window(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _MOST):
        raise BadParameter(
            f"input {name!r}: expected a window from 1 to {_MOST}", parameter="window"
        )
    return int(text)


def _over_bars(close: Floats, window: int, kernel: Callable[[Floats, int], Floats]) -> Floats:
    """The kernel over the closes that are there, put back to their places."""
    there = np.isfinite(close)
    out = np.full(len(close), np.nan)
    out[there] = kernel(close[there], window)
    return out


@compiled
def _high(close: Floats, window: int) -> Floats:
    out = np.full(len(close), np.nan)
    for row in range(window - 1, len(close)):
        out[row] = close[row]
        for k in range(row - window + 1, row):
            out[row] = max(out[row], close[k])
    return out


def _low(close: Floats, window: int) -> Floats:
    return -_high(-close, window)


def _volatility(close: Floats, window: int) -> Floats:
    return windows.realised_volatility(windows.log_returns(close, 1, 0), window, 0)


def _close(close: Floats, _: int) -> Floats:
    return close


_OF_CLOSES: dict[str, Callable[[Floats, int], Floats]] = {
    "close": _close,
    "close-high": _high,
    "close-low": _low,
    "close-volatility": _volatility,
}
