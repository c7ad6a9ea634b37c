"""Strategies by name: those that are shipped, and those in files and modules of one's own."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from cluster.errors import BadInput, Fault
from cluster.own_code.files import Code
from cluster.own_code.modules import load
from cluster.own_code.references import Reference, is_own, parse_reference
from cluster.own_code.sources import source_hash
from market.errors import MarketError, did_you_mean, near_names
from market.strategies import Strategy, find_strategy, strategy_names

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Chosen:
    """A strategy that was asked for. `name` is what it is called on every machine.

    `code` are its files where it is one's own.
    """

    strategy: type[Strategy]
    name: str
    code: Code | None = None


def choose(name: str) -> Chosen:
    """The strategy that a name means: shipped, or one's own as `FILE.py:CLASS` or `MODULE:CLASS`.

    Raises `BadParameter` for an unknown name, and `BadInput`, at `strategy`, for code that can't be
    used.
    """
    if not is_own(name):
        return Chosen(find_strategy(name), name)
    try:
        reference = parse_reference(name)
        loaded = load(reference)
    except BadInput as exc:
        # Such as `SMA:20`: perhaps one that is shipped was meant.
        meant = "" if ".py" in name else did_you_mean(name.partition(":")[0], strategy_names())
        _refuse(f"{exc}{meant}", exc)
    chosen = _chosen(vars(loaded.module), reference)
    _require_usable(chosen, reference)
    # A file travels alone, with what it imports: where it lay says nothing there.
    place = loaded.code.names[0] if reference.is_file else reference.place
    return Chosen(chosen, f"{place}:{chosen.__name__}", loaded.code)


def make(name: str, parameters: Mapping[str, float], *, source: str | None = None) -> Strategy:
    """A strategy ready to run. Raises what `choose` does, and `BadParameter` for its parameters.

    `source` is the hash of the source that is meant: `BadInput` where one's own is another by now.
    """
    chosen = choose(name)
    if chosen.code and source not in (None, source_hash(chosen.strategy, chosen.code)):
        _refuse(f"strategy {name}: its source has changed since the run began; run it again")
    return chosen.strategy(**parameters)


def _chosen(names: Mapping[str, object], reference: Reference) -> type[Strategy]:
    # Those that the module defines: others are imported to be derived from.
    own = {
        name: value
        for name, value in names.items()
        if _is_strategy(value) and value.__module__ == names["__name__"]
    }
    known = f"it defines {', '.join(own)}" if own else "it defines no strategy"
    if not reference.name:
        if len(own) != 1:
            _refuse(f"{reference}: {known}: say which, as {reference}:NAME")
        return next(iter(own.values()))  # type: ignore[return-value]  # checked
    if reference.name not in names:
        near = near_names(reference.name, own)
        _refuse(f"{reference}: {f'did you mean {near[0]}?' if near else known}")
    value = names[reference.name]
    if not _is_strategy(value):
        _refuse(
            f"{reference} is no strategy: expected a class derived from market.strategies.Strategy"
        )
    return value  # type: ignore[return-value]  # checked


def _is_strategy(value: object) -> bool:
    return inspect.isclass(value) and issubclass(value, Strategy) and value is not Strategy


def _require_usable(chosen: type[Strategy], reference: Reference) -> None:
    """Its name, its shape and, at its defaults, its parameters and inputs."""
    if not _NAME.fullmatch(chosen.name):
        _refuse(
            f"{reference}: name={chosen.name!r}: expected small letters, digits and '-', up to 40"
        )
    try:
        chosen.shape()
        # Its defaults as if they were given: a class may say one that lies out of its own range.
        chosen(**chosen.defaults()).reads()
    except MarketError as exc:
        _refuse(f"{reference}: {exc}", exc)
    except Exception as exc:  # noqa: BLE001  # a user's class may raise anything
        _refuse(f"{reference} can't be made: {type(exc).__name__}: {exc}", exc)


def _refuse(message: str, cause: Exception | None = None) -> NoReturn:
    raise BadInput(message, faults=[Fault("strategy", message)]) from cause
