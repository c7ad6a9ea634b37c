"""A strategy, its benchmark and their sessions, by formula: the same on every machine and for ever."""

import numpy as np

_T = np.arange(750)
BENCHMARK = 0.0003 + 0.009 * np.sin(1.7 * _T * _T) + 0.006 * np.sin(0.11 * _T)
RETURNS = 0.0002 + 0.8 * BENCHMARK + 0.005 * np.sin(2.3 * _T * _T + 1) - 0.03 * (_T % 97 == 13)
SESSIONS = np.busday_offset(np.datetime64("2019-01-01"), _T, roll="forward")
YEAR = 252
