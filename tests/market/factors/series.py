"""A factor, closes and groups, by formula: the same on every machine and for ever."""

import numpy as np

DATES, COUNT = 40, 24
_T, _J = np.arange(DATES)[:, None], np.arange(COUNT)[None, :]
FACTOR = np.sin(1.3 * _T + (2.1 + 0.37 * _J) * _J) + 0.6 * np.sin((1.7 + 0.11 * _J) * _T * _T + _J)
# Returns follow the factor by a day, and share something within a group.
_MOVES = (
    0.002 * FACTOR
    + 0.012 * np.sin((2.3 + 0.17 * _J) * _T * _T + 3 * _J)
    + 0.006 * np.sin(1.9 * _T * _T + _J % 4)
)
CLOSE = 100 * np.cumprod(np.vstack([np.ones((1, COUNT)), 1 + _MOVES]), axis=0)[:-1]
GROUPS = [f"g{k % 4}" for k in range(COUNT)]
# One value in 29 is missing, so that the universe changes from date to date.
GAPPED = np.where((7 * _T + 11 * _J) % 29 == 0, np.nan, FACTOR)
SESSIONS = np.busday_offset(np.datetime64("2024-01-01"), _T[:, 0], roll="forward")
