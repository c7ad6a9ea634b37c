"""What a backtest in memory is asked besides its bars and strategy, checked before anything runs."""

import math
import re
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

from cluster.requests.backtest import FAMILY
from market.backtest import MODES, Costs, Mode, Panel, has_opens, implied_mode, require_mode
from market.errors import BadParameter, did_you_mean

_LONGEST_YEAR = 366
_COSTS = [field.name for field in fields(Costs)]


def cash_of(given: Any) -> float:
    """Money to begin with. Raises BadParameter for what is no number above 0."""
    if not _is_number(given, (Real, Decimal)) or not 0 < given < math.inf:
        raise BadParameter(f"cash={given!r}: expected a number above 0", parameter="cash")
    return float(given)


def costs_of(given: Costs | Mapping[str, float] | None) -> Costs:
    """Costs by their names, the usual ones without any. Raises BadParameter."""
    if given is None or isinstance(given, Costs):
        return given or Costs()
    known = " and ".join(_COSTS)
    if not isinstance(given, Mapping):
        raise BadParameter(f"costs={given!r}: expected a dict with {known}", parameter="costs")
    for name, value in given.items():
        if name not in _COSTS:
            near = did_you_mean(str(name), _COSTS)
            raise BadParameter(f"costs: {name!r}: expected {known}{near}", parameter="costs")
        if not _is_number(value):
            raise BadParameter(f"{name}={value!r}: expected a number", parameter=name)
    return Costs(**{name: float(value) for name, value in given.items()})


def mode_of(given: Mode | None, panel: Panel) -> Mode:
    """As asked for, or as the prices can carry: closes alone, and adjusted ones, at the next close."""
    if given is None:
        return implied_mode(panel)
    if given not in MODES:
        near = did_you_mean(str(given), MODES)
        message = f"mode={given!r}: expected {' or '.join(MODES)}{near}"
        raise BadParameter(message, parameter="mode")
    if given == "next-open":
        require_mode(given, fields="ohlcv" if has_opens(panel) else "close", adjusted=False)
    return given


def year_of(given: Any) -> int | None:
    """Sessions a year, None where the dates shall say it. Raises BadParameter."""
    if given is None:
        return None
    if not _is_number(given, Integral) or not 1 <= given <= _LONGEST_YEAR:
        what = f"sessions_per_year={given!r}: expected a whole number from 1 to {_LONGEST_YEAR}"
        raise BadParameter(what, parameter="sessions_per_year")
    return int(given)


def family_of(given: str) -> str:
    """A family's name. Raises BadParameter for one that the research ledger can't hold."""
    if not isinstance(given, str) or not re.fullmatch(FAMILY.pattern, given):
        raise BadParameter(f"family={given!r}: expected {FAMILY.words}", parameter="family")
    return given


def _is_number(given: Any, kind: type | tuple[type, ...] = Real) -> bool:
    return isinstance(given, kind) and not isinstance(given, bool)
