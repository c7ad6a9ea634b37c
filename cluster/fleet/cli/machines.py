"""`trii cluster machines`: what a pool may be made of."""

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.errors import BadInput
from cluster.fleet.machines.catalogue import Machine, machines, price, prices, regions

_COLUMNS = ("machine", "vCPUs", "memory GiB", "GPUs", "USD/h", "spot USD/h")


@click.command(name="machines")
@click.option("--region", default="eu-central-1", show_default=True, help="Whose prices.")
@json_option
def machines_(*, region: str, as_json: bool) -> None:
    """List the machines that a pool may be made of, with sizes and prices."""
    if region not in regions():
        raise BadInput(f"--region {region}: no prices; expected one of {', '.join(regions())}")
    sold = [kind for kind in machines().values() if (kind.name, region) in prices()]
    rows = [_row(kind, region) for kind in sold]
    if as_json:
        names = ("machine", "vcpus", "memory_gib", "gpus", "usd_per_hour", "spot_usd_per_hour")
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    print_table(_COLUMNS, rows)


def _row(kind: Machine, region: str) -> tuple[object, ...]:
    told = price(kind.name, region)
    gpus = f"{kind.gpus} {kind.gpu}" if kind.gpus else 0
    return kind.name, kind.vcpus, kind.memory_mib / 1024, gpus, told.on_demand, told.spot
