"""Sources of market data, by the name of their dataset."""

from collections.abc import Callable

from cluster.errors import BadInput, Fault
from cluster.providers.base import Provider

__all__ = ["DATASETS", "Provider", "check_dataset", "get_provider"]


def _synthetic(seed: int) -> Provider:
    from cluster.providers.synthetic import SyntheticProvider  # noqa: PLC0415 - on call only

    return SyntheticProvider(seed=seed)


def _sample(_seed: int) -> Provider:
    from cluster.providers.sample import SampleProvider  # noqa: PLC0415 - loads skfolio and arch

    return SampleProvider()


_MAKERS: dict[str, Callable[[int], Provider]] = {"synthetic": _synthetic, "sample": _sample}

DATASETS = tuple(_MAKERS)


def check_dataset(dataset: str) -> str:
    """The name itself. Raises BadInput that names the known ones."""
    if dataset not in _MAKERS:
        message = f"unknown, expected one of {', '.join(DATASETS)}"
        raise BadInput(f"dataset: {message}", faults=[Fault("dataset", message, "unknown")])
    return dataset


def get_provider(dataset: str, *, seed: int) -> Provider:
    """The provider of a dataset. Raises BadInput that names the known ones."""
    return _MAKERS[check_dataset(dataset)](seed)
