"""The signals that are whole in a world of so many instruments: the manifest of what is planted."""

from collections.abc import Iterator

from market.worlds.paths import Paths
from market.worlds.roles import Role, group_of, id_of, role_of
from market.worlds.signals import Signal, ar1_signal, drift_signal, momentum_signal, pair_signal


def planted(paths: Paths, instruments: int) -> Iterator[Signal]:
    """The drift of the market first, then the signals by their first instrument.

    A pair or group that the world holds only in part is not listed: its members are there, and
    nobody sees the rest.
    """
    if not paths.planted:
        return
    everyone = tuple(map(id_of, range(instruments)))
    yield drift_signal(everyone, paths.regimes, paths.hours.per_year)
    for index in range(instruments):
        yield from _beginning_at(paths, index, instruments)


def _beginning_at(paths: Paths, index: int, instruments: int) -> Iterator[Signal]:
    role, per_year = role_of(index), paths.hours.per_year
    if role is Role.AR1:
        loadings = paths.character(index).loadings
        yield ar1_signal(id_of(index), loadings, paths.regimes, per_year)
    elif role is Role.LEADER and index + 1 < instruments:
        yield pair_signal((id_of(index), id_of(index + 1)), per_year)
    elif role is Role.MOMENTUM and index == group_of(index).start:
        group = group_of(index)
        if group.stop <= instruments:
            yield momentum_signal(tuple(map(id_of, group)), paths.regimes, per_year)
