"""`trii jobs quota`: what users may have running at once, have, and have free; and to set it."""

import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Final

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.errors import BadInput
from cluster.laptop import identity
from cluster.queue import quotas
from cluster.queue.quotas import Amount, Usage
from cluster.queue.rules.limits import EVERYBODY
from cluster.settings import Settings

_MOST: Final = 1_000_000


class _Limit(click.ParamType[float]):
    """A number from 0, or `none`: infinite here, since a missing option is None."""

    name = "limit"

    def __init__(self, number: Callable[[str], float]) -> None:
        self._number = number

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if value == "none":
            return math.inf
        try:
            found = self._number(value)
        except ValueError:
            found = math.nan
        if not 0 <= found <= _MOST:
            kind = "whole number" if self._number is int else "number"
            self.fail(f"expected a {kind} from 0 to {_MOST:,}, or none", param, ctx)
        return found


@click.command()
@click.option(
    "--running",
    type=_Limit(int),
    metavar="N",
    help="Let USER run N jobs at once, or `none`: no limit.",
)
@click.option(
    "--cpus",
    type=_Limit(float),
    metavar="N",
    help="Let USER's jobs use N CPUs at once, or `none`: no limit.",
)
@click.option(
    "--gpus",
    type=_Limit(float),
    metavar="N",
    help="Let USER's jobs use N GPUs at once, or `none`: no limit.",
)
@click.option("--remove", is_flag=True, help="Take USER's own quota away: that of * counts again.")
@json_option
@click.argument("user", required=False)
def quota(*, user: str | None, remove: bool, as_json: bool, **limits: float | None) -> None:
    """Show quotas: limit, in use and free, of USER or of everybody; set USER's with options.

    `*` is everybody without a quota of their own. Setting needs the database's owner role.
    """
    given = {name: value for name, value in limits.items() if value is not None}
    if user is None and (given or remove):
        raise BadInput("USER is missing: whose quota? '*' is everybody without one of their own")
    if given and remove:
        raise BadInput("--remove stands alone: it takes all limits of the user's own away")
    settings = identity.running_settings()
    if user is not None:
        _set(settings, user, given, remove=remove)
    found = quotas.usages(settings) if user is None else [quotas.usage(settings, user)]
    if as_json:
        print_json([asdict(usage) for usage in found] if user is None else asdict(found[0]))
        return
    print_table(("user", "quota of", "jobs", "CPUs", "GPUs"), [_cells(usage) for usage in found])


def _set(settings: Settings, user: str, given: dict[str, float], *, remove: bool) -> None:
    if remove:
        quotas.remove(settings, user)
    elif given:
        limits = {name: None if math.isinf(value) else value for name, value in given.items()}
        quotas.change(settings, user, limits)


def _cells(usage: Usage) -> tuple[str, ...]:
    of = usage.user_id if usage.own else EVERYBODY
    somebody = usage.user_id != EVERYBODY
    return (
        usage.user_id,
        of,
        *(_cell(amount, used=somebody) for amount in (usage.running, usage.cpus, usage.gpus)),
    )


def _cell(amount: Amount, *, used: bool) -> str:
    """Such as `2 of 8, 6 free`; the limit alone for what nobody in particular has."""
    limit = "no limit" if amount.limit is None else f"{amount.limit:g}"
    if not used:
        return limit
    if amount.free is None:
        return f"{amount.used:g}, no limit"
    return f"{amount.used:g} of {limit}, {amount.free:g} free"
