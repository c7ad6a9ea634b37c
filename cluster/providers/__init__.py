"""Sources of market data, by the name of their dataset."""

from collections.abc import Callable, Sequence

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


def _synthetic(settings: Settings, _symbols: Sequence[str]) -> Provider:
    from cluster.providers.synthetic import SyntheticProvider  # noqa: PLC0415 - on call only

    return SyntheticProvider(seed=settings.seed)


def _sample(_settings: Settings, _symbols: Sequence[str]) -> Provider:
    from cluster.providers.sample import SampleProvider  # noqa: PLC0415 - loads skfolio and arch

    return SampleProvider()


def _alpaca(settings: Settings, symbols: Sequence[str]) -> Provider:
    from cluster.providers.alpaca import AlpacaProvider  # noqa: PLC0415 - loads its SDK

    return AlpacaProvider(settings, symbols=symbols)


_Maker = Callable[[Settings, Sequence[str]], Provider]
_MAKERS: dict[str, _Maker] = {"synthetic": _synthetic, "sample": _sample, "alpaca": _alpaca}

DATASETS = ("synthetic", "sample")
"""Those that every platform has without keys or files."""
BUILT_IN = tuple(_MAKERS)
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
    maker = _MAKERS.get(check_dataset(dataset))
    return maker(settings, symbols) if maker else from_entry_point(offered()[dataset])
