"""`trii up | down | status | doctor`."""

import sys
import time

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.clock import utc_now
from cluster.settings import default_home, keep_loopback_direct, load_settings


@click.command()
@json_option
def up(as_json: bool) -> None:  # noqa: FBT001
    """Start the platform, or heal it; it goes on running when this returns."""
    from cluster.laptop.lifecycle import up as bring_up  # noqa: PLC0415 - drivers load slowly
    from cluster.laptop.progress import Progress  # noqa: PLC0415
    from cluster.laptop.summary import print_summary, summary  # noqa: PLC0415

    keep_loopback_direct()
    start = time.monotonic()
    settings = bring_up(default_home(), clock=utc_now, progress=Progress())
    document = summary(settings, clock=utc_now)
    if as_json:
        print_json(document)
    else:
        print_summary(document)
        click.echo(f"\nup in {time.monotonic() - start:.1f} s", err=True)


@click.command()
@json_option
def down(as_json: bool) -> None:  # noqa: FBT001
    """End exactly the processes that `trii up` started. No data are lost."""
    from cluster.laptop.lifecycle import down as bring_down  # noqa: PLC0415
    from cluster.laptop.progress import Progress  # noqa: PLC0415

    ended = bring_down(default_home(), progress=Progress())
    if as_json:
        print_json({"ended": ended})
    elif not ended:
        click.echo(f"nothing runs at {default_home()}", err=True)


@click.command()
@json_option
def status(as_json: bool) -> int:  # noqa: FBT001
    """State, address, PID and age of each component; exit status 1 unless all is ready."""
    from cluster.laptop.status import status as read_status  # noqa: PLC0415

    current = read_status(load_settings())
    if as_json:
        print_json(current.as_dict())
    elif not current.components:
        click.echo(f"there is no platform at {default_home()}; start one with `trii up`")
    else:
        rows = [(c.name, c.state, c.address, c.pid, age(c.age_s)) for c in current.components]
        print_table(("component", "state", "address", "pid", "age"), rows)
    return 0 if current.ready else 1


@click.command()
@json_option
def doctor(as_json: bool) -> int:  # noqa: FBT001
    """Name what is wrong with this machine or the platform, and the remedy."""
    from cluster.laptop.doctor import examine  # noqa: PLC0415

    findings = examine(default_home())
    if as_json:
        print_json({"healthy": not findings, "findings": findings})
    elif not findings:
        click.echo("nothing is wrong")
    for finding in () if as_json else findings:
        click.echo(f"✗ {finding.what}\n  → {finding.remedy}", file=sys.stdout)
    return 1 if findings else 0


def age(seconds: float | None) -> str | None:
    """A duration for people."""
    if seconds is None:
        return None
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
