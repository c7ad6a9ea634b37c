"""Sources of market data, by the name of their dataset.

What a provider of one's own is made from is imported from here. It is loaded when it is asked for:
the settings lie below this folder too, and must neither wait for tables nor import themselves.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cluster.providers.catalog import (
        BUILT_IN,
        DATASETS,
        check_dataset,
        get_provider,
    )
    from cluster.providers.kit.base import Provider
    from cluster.providers.kit.errors import (
        ProviderError,
        ProviderRefused,
        ProviderUnavailable,
        WrongZone,
    )
    from cluster.providers.kit.loading import from_class
    from cluster.providers.kit.tables import daily_bars, minute_bars

__all__ = [
    "BUILT_IN",
    "DATASETS",
    "Provider",
    "ProviderError",
    "ProviderRefused",
    "ProviderUnavailable",
    "WrongZone",
    "check_dataset",
    "daily_bars",
    "from_class",
    "get_provider",
    "minute_bars",
]

_HOMES = {
    "catalog": ("BUILT_IN", "DATASETS", "check_dataset", "get_provider"),
    "kit.base": ("Provider",),
    "kit.errors": ("ProviderError", "ProviderRefused", "ProviderUnavailable", "WrongZone"),
    "kit.loading": ("from_class",),
    "kit.tables": ("daily_bars", "minute_bars"),
}


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
