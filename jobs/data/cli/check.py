"""`trii data check`: gaps, unlikely bars, closes that stand still, staleness, quarantine."""

from dataclasses import asdict
from datetime import datetime

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.clock import utc_now
from cluster.laptop import identity
from cluster.stores.lake import Lake
from jobs.data import check as bars

_DAY = click.DateTime(["%Y-%m-%d"])
_COLUMNS = (
    *("instrument_id", "symbol", "timeframe", "bars", "sessions_behind", "missing"),
    *("splits", "unlikely", "standing_still", "held"),
)


@click.command()
@click.option("--dataset", "datasets", multiple=True, help="Look at this dataset only; repeatable.")
@click.option("--timeframe", "timeframes", multiple=True, type=click.Choice(["1Day", "1Min"]),
              help="Look at bars of this length only; repeatable.")  # fmt: skip
@click.option("--symbols", default="", metavar="A,B", help="Look at these instruments only.")
@click.option("--start", type=_DAY, help="First session to look at.")
@click.option("--end", type=_DAY, help="Last session to look at.")
@click.option("--least-gap", type=click.IntRange(1), help="Shortest gap to tell, in bars.  "
              "[default: 1 of daily bars, 30 of minutes]")  # fmt: skip
@json_option
def check(
    *,
    datasets: tuple[str, ...],
    timeframes: tuple[str, ...],
    symbols: str,
    start: datetime | None,
    end: datetime | None,
    least_gap: int | None,
    as_json: bool,
) -> int:
    """Look for what is wrong with the bars.

    Exit status 1 where bars are missing, held or behind, or a split is not recorded; what is only
    unlikely, or stands still, is told.
    """
    findings = list(
        bars.check(
            Lake.of(identity.settings_here()),
            now=utc_now(),
            datasets=datasets,
            timeframes=timeframes,
            symbols=tuple(filter(None, symbols.split(","))),
            start=None if start is None else start.date(),
            end=None if end is None else end.date(),
            least_gap=least_gap,
        )
    )
    told = [finding for finding in findings if not finding.clean]
    if as_json:
        rows = [asdict(finding) | {"missing": finding.missing} for finding in told]
        print_json({"checked": len(findings), "findings": rows})
    else:
        _print(told, checked=len(findings))
    return 1 if any(finding.faulty for finding in told) else 0


def _print(told: list[bars.Finding], *, checked: int) -> None:
    rows = [
        [len(v) if isinstance(v := getattr(finding, name), tuple) else v for name in _COLUMNS]
        for finding in told
    ]
    if rows:
        print_table(_COLUMNS, rows)
    for finding in told:
        for gap in finding.gaps[:3]:
            click.echo(
                f"{finding.symbol} {finding.timeframe}: {gap.count} bars missing from "
                f"{gap.first:%Y-%m-%dT%H:%MZ} to {gap.last:%Y-%m-%dT%H:%MZ}"
            )
        for warning in (*finding.splits, *finding.unlikely[:3]):
            click.echo(f"{finding.symbol} {finding.timeframe}: {warning}")
    click.echo(f"{checked} series checked, {len(told)} with findings")
