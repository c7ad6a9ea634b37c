"""The feature sets that there are, by name."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from market.errors import BadParameter
from market.features.anchored import AnchoredSet
from market.features.calendar_set import CALENDAR
from market.features.declared import Declared
from market.features.indicator_column import IndicatorColumn
from market.features.universe import UniverseSet
from market.features.universe_column import UniverseColumn, at_least
from market.features.window_set import Column, FeatureSet

MONTH, FIVE_YEARS = 21, 1260
"""Sessions in the volatility window, and in the trailing history that it is compared with."""


def _close_volatility() -> FeatureSet:
    spans = (5, 21, 63, 252)
    return FeatureSet(
        "close-volatility",
        1,
        FIVE_YEARS + MONTH,
        (
            *(_over("return", w, "log return over {} sessions") for w in (1, *spans)),
            *(_over("volatility", w, "realised volatility of {} sessions") for w in spans),
            *(_ratio(a, b) for a, b in pairwise(spans)),
            _over("downside", 63, "share of losses in the volatility of {} sessions, 0 to 1"),
            _over("drawdown", 252, "log of close over the highest close of {} sessions"),
            *(_relative(w) for w in spans),
        ),
    )


def _over(operation: str, window: int, description: str) -> Column:
    return Column(f"{operation}_{window}", operation, (window,), description.format(window))


def _ratio(over: int, under: int) -> Column:
    description = f"log ratio of {over}- to {under}-session volatility"
    return Column(f"ratio_{over}_{under}", "ratio", (over, under), description)


def _relative(window: int) -> Column:
    description = f"log ratio of {window}-session volatility to the five-year median of {MONTH}"
    return Column(f"relative_{window}", "relative", (window, MONTH, FIVE_YEARS), description)


RETURN_HORIZON = 5
QUANTILE_PERMILLE = (50, 250, 500, 750, 950)


def _return_quantiles() -> FeatureSet:
    """Quantiles of the instrument's own past returns over its volatility, times today's."""
    arguments = (RETURN_HORIZON, MONTH, FIVE_YEARS)
    text = f"{{}} permille of past {RETURN_HORIZON}-session log returns at today's volatility"
    columns = tuple(
        Column(f"residual_{p}", "residual_quantile", (*arguments, p), text.format(p))
        for p in QUANTILE_PERMILLE
    )
    return FeatureSet("return-residuals", 1, sum(arguments), columns)


CLOSE_VOLATILITY = _close_volatility()
"""The default set: closes only."""
RETURN_RESIDUALS = _return_quantiles()

INDICATORS = AnchoredSet(
    "indicators",
    1,
    (
        IndicatorColumn("rsi_14", "rsi:14", "relative strength index, 0 to 100"),
        IndicatorColumn("natr_14", "natr:14", "average true range in percent of the close"),
        IndicatorColumn("adx_14", "adx:14", "strength of the trend, 0 to 100"),
        IndicatorColumn("stoch_14", "stoch:14:3:3#k", "place of the close in its range, 0 to 100"),
        IndicatorColumn("mfi_14", "mfi:14", "money flow index, 0 to 100"),
        _over("return", 1, "log return over {} session"),
        _over("volatility", MONTH, "realised volatility of {} sessions"),
    ),
)
"""Needs whole bars, from the instrument's first on."""

_MOVES = FeatureSet(
    "moves",
    1,
    253,
    (
        _over("return", 1, "log return over {} session"),
        *(_over("return", w, "log return over {} sessions") for w in (MONTH, 252)),
        _over("volatility", MONTH, "realised volatility of {} sessions"),
    ),
)
CLOSE_CROSS_SECTION = UniverseSet(
    "close-cross-section",
    1,
    _MOVES,
    (
        UniverseColumn("rank_return_21", "rank", "return_21", "rank of the month's return, 0 to 1"),
        UniverseColumn("rank_return_252", "rank", "return_252", "rank of the year's, 0 to 1"),
        UniverseColumn(
            "zscore_volatility_21",
            "zscore",
            "volatility_21",
            "volatility in deviations from the mean, tails of 2.5 % drawn in",
            (25,),
        ),
        UniverseColumn("relative_return_1", "relative", "return_1", "less the mean of the day"),
        UniverseColumn("relative_return_21", "relative", "return_21", "less the month's mean"),
        UniverseColumn("breadth_21", "breadth", "return_21", "share that rose over the month"),
    ),
    delay_s=900,
    missing=at_least(0.8),
)
"""Closes only, fifteen minutes after the close."""

_READ_BY_MODELS = {known.name: known for known in (CLOSE_VOLATILITY, RETURN_RESIDUALS)}
SETS: Mapping[str, Declared] = _READ_BY_MODELS | {
    known.name: known for known in (INDICATORS, _MOVES, CLOSE_CROSS_SECTION, CALENDAR)
}
"""Every shipped set by name."""


def feature_set(name: str) -> FeatureSet:
    """The set of that name that a model may read; BadParameter names the known ones."""
    if name not in _READ_BY_MODELS:
        raise BadParameter(
            f"unknown feature set {name!r}: expected one of {', '.join(_READ_BY_MODELS)}",
            parameter="name",
        )
    return _READ_BY_MODELS[name]


def describe() -> list[dict[str, Any]]:
    """Every shipped set, as plain JSON."""
    return [SETS[name].describe() for name in sorted(SETS)]
