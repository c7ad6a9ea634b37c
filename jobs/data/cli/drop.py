"""`trii data drop`: take a dataset or an instrument out of the lake, and say what hangs on it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from cluster.backtests.store import list_backtests
from cluster.cli.output import json_option, print_json
from cluster.errors import BadInput, TriiError
from cluster.laptop import identity
from cluster.ledger.store import find_trials
from cluster.providers import BUILT_IN
from cluster.providers.kit.loading import offered
from cluster.stores.lake import Lake
from cluster.stores.lake.dropping import Target, find, standing, universes
from cluster.stores.lake.dropping import drop as take_out
from cluster.stores.postgres import connect

_LOOKED_AT = 1_000  # backtests and trials, the newest


@dataclass(frozen=True)
class Hanging:
    """What names the target: it stays, and can't be made again of the lake as it is afterwards.

    `backtests` and `trials` are None where the platform, which keeps them, is not running.
    """

    universes: list[str]
    backtests: list[str] | None
    trials: list[str] | None


@click.command()
@click.argument("name", metavar="DATASET|DATASET:SYMBOL")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@json_option
def drop(*, name: str, yes: bool, as_json: bool) -> None:
    """Take a dataset, or one instrument, out of the lake.

    Snapshots of before read it until their files expire. Backtests and trials stay.
    """
    lake = Lake.of(identity.settings_here())
    target = find(lake, name)
    rows, hanging = standing(lake, target), hanging_on(lake, target)
    if not as_json:
        click.echo(_told(target, rows, hanging))
    if not yes:
        _confirm(target)
    gone = take_out(lake, target)
    if as_json:
        print_json({"dropped": target.name, "rows": gone, "hanging": hanging})
    else:
        click.echo(f"{target.name}: dropped; snapshot {lake.snapshot()}")


def hanging_on(lake: Lake, target: Target) -> Hanging:
    """What the lake and the platform's records name of the target."""
    named = universes(lake, target)
    meant = {target.dataset, *named}
    try:
        with connect(identity.running_settings(), "jobs") as connection:
            backtests = [
                run.id
                for run in list_backtests(connection, limit=_LOOKED_AT)
                if any(_names(name, target, meant) for name in _universes(run.request))
            ]
            trials = [
                trial.id[:12]
                for trial in find_trials(connection, limit=_LOOKED_AT)
                if _names(trial.universe, target, meant)
            ]
    except TriiError:
        return Hanging(named, None, None)
    return Hanging(named, backtests, trials)


def _universes(request: Mapping[str, Any]) -> list[object]:
    """What a backtest ran over: a universe, members, or a universe's members."""
    return [request.get("universe"), *request.get("members", ())]


def _names(universe: object, target: Target, meant: set[str]) -> bool:
    """Whether a universe is one of those, or lists instruments of the dataset."""
    text = str(universe)
    if text.startswith(f"{target.dataset}:") and target.instrument_id is not None:
        return target.instrument_id.partition(":")[2] in text.partition(":")[2].split(",")
    return text in meant or text.startswith(f"{target.dataset}:")


def _confirm(target: Target) -> None:
    if not sys.stdin.isatty():
        raise BadInput(f"{target.name}: nobody is there to confirm: say --yes; nothing was dropped")
    if not click.confirm(f"drop {target.name}?"):
        raise BadInput(f"{target.name}: nothing was dropped")


def _told(target: Target, rows: dict[str, int], hanging: Hanging) -> str:
    lines = [f"{target.name}: " + ", ".join(f"{n:,} rows of {name}" for name, n in rows.items())]
    if hanging.universes:
        lines.append(f"  member of the universes {', '.join(hanging.universes)}")
    if hanging.backtests is None or hanging.trials is None:
        lines.append("  the platform is not running: its backtests and trials were not looked at")
    if target.dataset in (*BUILT_IN, *offered()):
        lines.append("  its source delivers it again: `trii schedule list` says when")
    for word, ids in (("backtests", hanging.backtests), ("trials", hanging.trials)):
        if ids:
            more = f" and {len(ids) - 5} more" if len(ids) > 5 else ""
            lines.append(f"  {word} that read it, and stay: {', '.join(ids[:5])}{more}")
    return "\n".join(lines)
