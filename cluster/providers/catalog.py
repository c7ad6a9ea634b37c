"""Which datasets there are, and who provides each: ours, or an installed package."""

from collections.abc import Sequence
from pkgutil import resolve_name
from typing import Final

from cluster.errors import BadInput, Fault
from cluster.providers.kit.base import Provider
from cluster.providers.kit.loading import from_entry_point, offered
from cluster.settings import Settings

# Named, not imported: who takes in one dataset loads neither the others' libraries nor their SDKs.
_CLASSES: Final = {
    "synthetic": "cluster.providers.synthetic:SyntheticProvider",
    "sample": "cluster.providers.sample:SampleProvider",
    "alpaca": "cluster.providers.alpaca.provider:AlpacaProvider",
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
