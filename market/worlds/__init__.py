"""Synthetic worlds: correlated markets under regimes, of known truth, on any calendar."""

from market.worlds.faults import Fault
from market.worlds.loadings import Loadings
from market.worlds.manifest import manifest
from market.worlds.regimes import Regime, RegimePath
from market.worlds.restatements import Restatement
from market.worlds.roles import Role
from market.worlds.signals import Signal
from market.worlds.world import SyntheticWorld, WorldMode

__all__ = [
    "Fault",
    "Loadings",
    "Regime",
    "RegimePath",
    "Restatement",
    "Role",
    "Signal",
    "SyntheticWorld",
    "WorldMode",
    "manifest",
]
