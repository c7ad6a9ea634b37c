"""Which datasets there are, and who provides each: ours, or an installed package."""

from collections.abc import Sequence
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Final

from cluster.errors import BadInput, Fault
from cluster.providers.kit.base import Provider
from cluster.providers.kit.loading import from_entry_point, offered
from cluster.settings import Settings


@dataclass(frozen=True)
class Source:
    """A dataset that we bring.

    The provider's class is named, not imported: who takes in one dataset loads neither the others'
    libraries nor their SDKs. `is_bundled`: it needs no keys and no files. `is_streamed`: the
    application `live` tells its quotes; of all other datasets the last closes are quoted.
    `has_ended`: no bars will follow those that it has.
    """

    provider: str
    is_bundled: bool = False
    is_streamed: bool = False
    has_ended: bool = False


_SOURCES: Final = {
    "synthetic": Source(
        "cluster.providers.synthetic:SyntheticProvider", is_bundled=True, is_streamed=True
    ),
    "sample": Source("cluster.providers.sample:SampleProvider", is_bundled=True, has_ended=True),
    "alpaca": Source("cluster.providers.alpaca.provider:AlpacaProvider"),
}

BUILT_IN = tuple(_SOURCES)
"""Those that we bring."""
DATASETS = tuple(name for name, source in _SOURCES.items() if source.is_bundled)
"""Those that every platform has without keys or files."""
STREAMED = frozenset(name for name, source in _SOURCES.items() if source.is_streamed)
"""Those whose quotes are told as they come."""


ENDED = frozenset(name for name, source in _SOURCES.items() if source.has_ended)
"""Those that have ended."""


def is_fetched(dataset: str) -> bool:
    """Whether it grows with the calendar: a source delivers it again, and it has not ended.

    Files and classes of one's own end where they were last read: the lake cannot know of more.
    """
    return dataset in {*BUILT_IN, *offered()} - ENDED


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
    source = _SOURCES.get(check_dataset(dataset))
    if source is None:
        return from_entry_point(offered()[dataset])
    kind: type[Provider] = resolve_name(source.provider)
    return kind.from_settings(settings, symbols=symbols)
