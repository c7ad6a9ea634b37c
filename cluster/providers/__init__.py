"""Sources of market data, by the name of their dataset."""

from collections.abc import Sequence
from pkgutil import resolve_name
from typing import Final

from cluster.errors import BadInput, Fault
from cluster.providers.kit.base import Provider
from cluster.providers.kit.errors import (
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    WrongZone,
)
from cluster.providers.kit.loading import from_class, from_entry_point, offered
from cluster.providers.kit.tables import daily_bars, minute_bars
from cluster.settings import Settings

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


# Named, not imported: who takes in one dataset loads neither the others' libraries nor their SDKs.
_CLASSES: Final = {
    "synthetic": "cluster.providers.synthetic:SyntheticProvider",
    "sample": "cluster.providers.sample:SampleProvider",
    "alpaca": "cluster.providers.alpaca:AlpacaProvider",
}

DATASETS = ("synthetic", "sample")
"""Those that every platform has without keys or files."""
BUILT_IN = tuple(_CLASSES)
"""Those that we bring."""


def check_dataset(dataset: str) -> str:
    """The name itself. Raises BadInput that names the known ones."""
    known = dict.fromkeys([*BUILT_IN, *offered()])
    if dataset not in known:
        message = f"unknown, expected one of {', '.join(known)}"
        raise BadInput(f"dataset: {message}", faults=[Fault("dataset", message, "unknown")])
    return dataset


def get_provider(dataset: str, *, settings: Settings, symbols: Sequence[str] = ()) -> Provider:
    """The provider of a dataset: one of ours, else one that an installed package offers.

    `symbols` are the ones to take (or their instruments' ids), for a source that has too many to
    take all. Raises BadInput that names the known datasets.
    """
    target = _CLASSES.get(check_dataset(dataset))
    if target is None:
        return from_entry_point(offered()[dataset])
    kind: type[Provider] = resolve_name(target)
    return kind.from_settings(settings, symbols=symbols)
