"""Which datasets there are, and who provides each: ours, or an installed package."""

from collections.abc import Callable, Sequence

from cluster.errors import BadInput, Fault
from cluster.providers.kit.base import Provider
from cluster.providers.kit.loading import from_entry_point, offered
from cluster.settings import Settings


def _synthetic(settings: Settings, _symbols: Sequence[str]) -> Provider:
    from cluster.providers.synthetic import SyntheticProvider  # noqa: PLC0415 - on call only

    return SyntheticProvider(seed=settings.seed)


def _sample(_settings: Settings, _symbols: Sequence[str]) -> Provider:
    from cluster.providers.sample import SampleProvider  # noqa: PLC0415 - loads skfolio and arch

    return SampleProvider()


def _alpaca(settings: Settings, symbols: Sequence[str]) -> Provider:
    from cluster.providers.alpaca.provider import AlpacaProvider  # noqa: PLC0415 - loads its SDK

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
