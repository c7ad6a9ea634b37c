"""Timeframes by name: ``5Min``, ``1Hour``, ``1Day``."""

import re

import numpy as np

from market.errors import BadParameter

_PATTERN = re.compile(r"([1-9][0-9]{0,2})(Min|Hour)")
_UNITS = {"Min": np.timedelta64(1, "m"), "Hour": np.timedelta64(60, "m")}
_MOST = np.timedelta64(24 * 60, "m")
DAY = "1Day"


def step_of(timeframe: str) -> np.timedelta64 | None:
    """The length of a bar, a minute to 24 hours; None for ``1Day``, which lasts a session.

    Raises BadParameter for another name.
    """
    if timeframe == DAY:
        return None
    match = _PATTERN.fullmatch(timeframe)
    step = _UNITS[match[2]] * int(match[1]) if match else None
    if step is None or step > _MOST:
        raise BadParameter(
            f"timeframe={timeframe!r}: expected a number of minutes or hours up to 24Hour, "
            "such as 1Min, 15Min, 1Hour, or 1Day",
            parameter="timeframe",
        )
    return step
