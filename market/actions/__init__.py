"""Corporate actions: what happened to a share, when it counts, and prices adjusted for it."""

from market.actions.acted import ActedBars, actions_with, with_actions
from market.actions.adjustment import Adjustment, adjust, factors
from market.actions.forward import adjust_forward, forward_views
from market.actions.kinds import (
    Action,
    Delisting,
    Dividend,
    Rename,
    SpecialDividend,
    SpinOff,
    Split,
)
from market.actions.payments import Convention
from market.actions.schema import ACTION_SCHEMA, from_arrow, to_arrow
from market.actions.standing import counted, renamed

__all__ = [
    "ACTION_SCHEMA",
    "ActedBars",
    "Action",
    "Adjustment",
    "Convention",
    "Delisting",
    "Dividend",
    "Rename",
    "SpecialDividend",
    "SpinOff",
    "Split",
    "actions_with",
    "adjust",
    "adjust_forward",
    "counted",
    "factors",
    "forward_views",
    "from_arrow",
    "renamed",
    "to_arrow",
    "with_actions",
]
