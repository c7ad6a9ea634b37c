"""The leak check before a strategy of one's own runs for the first time, and the record of it."""

import hashlib
import json
import shlex
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from cluster.errors import BadInput, Fault
from cluster.own_code.checking import checked, strategy_function
from cluster.own_code.functions import stdout_to_stderr
from cluster.own_code.records import FOLDER
from cluster.stores.place import Place
from market import leaks
from market.errors import MarketError
from market.leaks import LeakReport

_BUDGET_S = 2.0


def require_clean(
    name: str,
    parameters: Mapping[str, float],
    *,
    reference: str,
    source_hash: str,
    library: str,
    results: Place,
    now: datetime,
) -> dict[str, Any]:
    """The record of the check of this very source, with these parameters, by this `library`.

    What was not checked is checked now. `name` finds the strategy here, `reference` is what it is
    called everywhere, `library` the version of `market`. Raises BadInput, with what leaks and how to
    see it, where it looks ahead, fails or has changed; then nothing is recorded.
    """
    key = _key(reference, source_hash, library, parameters)
    record = results / FOLDER / f"{key}.json"
    if record.exists():
        return dict(json.loads(record.read_bytes()))
    report = _report(name, parameters, source_hash)
    if report.findings:
        here = name if ":" in name else f"{name}:{reference.rpartition(':')[2]}"
        see = f"trii leak-check {shlex.quote(here)}"
        raise _refused(f"strategy {reference} looks ahead: {report}; see `{see}`")
    document = {
        "strategy": reference,
        "source_hash": source_hash,
        "library": library,
        "parameters": dict(parameters),
        "checked_at": now.isoformat(),
        **report.to_dict(),
    }
    record.write_bytes(f"{json.dumps(document, indent=2)}\n".encode())
    return document


def _report(name: str, parameters: Mapping[str, float], source: str) -> LeakReport:
    find = partial(strategy_function, name, dict(parameters), source=source)
    try:
        # What it prints must not get into a document.
        with stdout_to_stderr():
            return checked(find, leaks.synthetic_bars(), budget_s=_BUDGET_S)
    except MarketError as exc:
        raise _refused(f"strategy {name} can't be run: {exc}") from exc


def _key(*parts: str | Mapping[str, float]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=dict).encode()).hexdigest()


def _refused(message: str) -> BadInput:
    return BadInput(message, faults=[Fault("strategy", message)])
