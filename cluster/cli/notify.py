"""`trii notify channels | list | retry | test`."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.clock import utc_now

if TYPE_CHECKING:  # loaded by the commands themselves: `trii --help` must be instant
    from cluster.notices.store import DeliveryState


@click.group()
def notify() -> None:
    """What people and programs are told of: channels, deliveries, dead letters."""


@notify.command()
@json_option
def channels(*, as_json: bool) -> None:
    """List channels: their kind and events. Addresses are secrets and not shown."""
    from cluster.cli.identity import running_settings  # noqa: PLC0415

    found = [
        {"channel": name, "kind": one.scheme, "events": list(one.events) or ["all"]}
        for name, one in sorted(running_settings().notify_channels.items())
    ]
    if as_json:
        print_json(found)
        return
    rows = [(one["channel"], one["kind"], ", ".join(one["events"])) for one in found]
    print_table(("channel", "kind", "events"), rows)


@notify.command(name="list")
@click.option("--state", "states", type=click.Choice(("pending", "sent", "dead")), multiple=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@json_option
def list_(*, states: tuple["DeliveryState", ...], limit: int, as_json: bool) -> None:
    """List deliveries, newest first; dead ones are no longer tried."""
    from cluster.cli.identity import running_settings  # noqa: PLC0415
    from cluster.notices.commands import list_deliveries  # noqa: PLC0415

    found = list_deliveries(running_settings(), states=states or None, limit=limit)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    columns = ("notice_id", "event", "channel", "state", "attempts", "error")
    print_table(columns, [[getattr(one, name) for name in columns] for one in found])


@notify.command()
@click.argument("notice_id", metavar="ID")
@click.option("--channel", help="On this channel alone.")
@json_option
def retry(*, notice_id: str, channel: str | None, as_json: bool) -> None:
    """Try a notice's dead deliveries again, with the same key."""
    from cluster.cli.identity import running_settings  # noqa: PLC0415
    from cluster.notices import commands  # noqa: PLC0415

    channels = commands.retry(running_settings(), notice_id, channel=channel)
    if as_json:
        print_json({"notice_id": notice_id, "channels": channels})
    else:
        click.echo(f"trying again: {', '.join(channels)}")


@notify.command()
@click.argument("channel")
@json_option
def test(*, channel: str, as_json: bool) -> None:
    """Send a test to a channel at once; exit status 1 where it did not arrive."""
    from cluster.cli.identity import running_settings  # noqa: PLC0415
    from cluster.notices import commands  # noqa: PLC0415

    commands.test(running_settings(), channel, clock=utc_now)
    print_json({"channel": channel, "sent": True}) if as_json else click.echo(f"{channel}: sent")
