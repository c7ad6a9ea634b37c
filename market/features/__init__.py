"""Feature sets: what a model reads, declared once for training, backtest and serving.

Per instrument over closes (``FeatureSet``) and over indicators (``AnchoredSet``), across a universe
at a barrier per session (``UniverseSet``), and of the calendar (``CalendarSet``).
"""

from market.features.anchored import AnchoredSet
from market.features.barrier import Barrier
from market.features.calendar_set import CALENDAR, CalendarColumn, CalendarSet
from market.features.declared import Declared, InstrumentSet
from market.features.indicator_column import IndicatorColumn
from market.features.panel import BasePanel, base_panel
from market.features.sets import (
    CLOSE_CROSS_SECTION,
    CLOSE_VOLATILITY,
    FIVE_YEARS,
    INDICATORS,
    MONTH,
    QUANTILE_PERMILLE,
    RETURN_HORIZON,
    RETURN_RESIDUALS,
    SETS,
    describe,
    feature_set,
)
from market.features.universe import UniverseRows, UniverseSet
from market.features.universe_column import ALL_OR_NONE, DROP, Missing, UniverseColumn, at_least
from market.features.window_set import Column, FeatureSet

__all__ = [
    "ALL_OR_NONE",
    "CALENDAR",
    "CLOSE_CROSS_SECTION",
    "CLOSE_VOLATILITY",
    "DROP",
    "FIVE_YEARS",
    "INDICATORS",
    "MONTH",
    "QUANTILE_PERMILLE",
    "RETURN_HORIZON",
    "RETURN_RESIDUALS",
    "SETS",
    "AnchoredSet",
    "Barrier",
    "BasePanel",
    "CalendarColumn",
    "CalendarSet",
    "Column",
    "Declared",
    "FeatureSet",
    "IndicatorColumn",
    "InstrumentSet",
    "Missing",
    "UniverseColumn",
    "UniverseRows",
    "UniverseSet",
    "at_least",
    "base_panel",
    "describe",
    "feature_set",
]
