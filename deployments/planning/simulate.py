"""`trii cluster simulate`: a day of a cluster, before it is paid for."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from cluster.cli.output import json_option, print_json, print_table
from cluster.files import write_whole
from cluster.fleet.cli.options import FILE, environment_option, ground_option
from cluster.fleet.planning.cost import Cost, cost
from cluster.fleet.planning.node_types import HEAD, NodeType, node_types, opening_nodes
from cluster.fleet.simulate.engine import Simulation
from cluster.fleet.simulate.jobs_file import read_jobs
from cluster.fleet.simulate.picture import picture
from cluster.fleet.simulate.ray_scheduler import RayScheduler
from cluster.fleet.simulate.result import Day
from cluster.fleet.simulate.timing import Timing
from cluster.fleet.simulate.work import NEW_YORK_OPENS_H, Floor, market_day, opening_floors
from cluster.fleet.source import reading
from cluster.fleet.source.cluster import ClusterSource
from deployments.planning.services import services

_DAY_S: Final = 86_400.0
_HOUR_S: Final = 3_600.0


@click.command(name="simulate")
@environment_option
@ground_option
@click.option(
    "--peak",
    type=click.FloatRange(min=0),
    default=1000.0,
    show_default=True,
    help="Requests a second when the market opens.",
)
@click.option(
    "--jobs",
    "jobs_file",
    type=FILE,
    help="A CSV of jobs: at,name,pool,tasks,seconds,cpus,gpus.",
)
@click.option(
    "--boot",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    help="Seconds until a machine has joined.",
)
@click.option(
    "--spot-losses",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="How often an hour each spot node is taken back.",
)
@click.option(
    "--picture",
    "picture_file",
    type=FILE,
    help="A file to draw the day into, as SVG.",
)
@click.option("--seed", type=int, default=7, show_default=True, help="Of what happens at random.")
@json_option
def simulate(
    *,
    environment: str,
    ground: Path | None,
    peak: float,
    jobs_file: Path | None,
    boot: float,
    spot_losses: float,
    picture_file: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Play a market's day on a cluster: nodes by pool over time, what waits, what it costs."""
    # Ray's scheduler tells each of its steps.
    logging.getLogger("ray.autoscaler").setLevel(logging.WARNING)
    source, standing = reading.cluster_source(environment), reading.ground(ground)
    types = node_types(source, list(standing.subnets))
    told = cost(source, types, standing.region)
    jobs = read_jobs(jobs_file) if jobs_file else []
    timing = Timing(
        boot=boot,
        spot_losses_per_hour=spot_losses,
        upscaling_speed=source.upscaling_speed,
    )
    simulation = Simulation(types, RayScheduler(types), timing, seed=seed)
    floors = _floors(source, types, list(standing.subnets))
    day = simulation.run(services(), market_day(peak), jobs, _DAY_S, floors)
    if picture_file is not None:
        title = f"A day of {source.name}, {peak:,.0f} requests a second at the open"
        write_whole(picture_file, picture(day, until=_DAY_S, title=title), called="--picture")
    if as_json:
        print_json(_document(day, told))
    else:
        _print(day, told)


def _floors(
    source: ClusterSource, types: Mapping[str, NodeType], zones: Sequence[str]
) -> list[Floor]:
    """The day's open is that of the environment's exchange, whichever that is."""
    if source.opening is None:
        return []
    always = {name: kind.min_nodes for name, kind in types.items()}
    nodes = opening_nodes(source, zones)
    return opening_floors(source.opening, nodes, always, opens_h=NEW_YORK_OPENS_H)


def _print(day: Day, told: Cost) -> None:
    pools = sorted({pool for sample in day.samples for pool in sample.running})
    print_table(
        ("UTC", *pools, "waiting"),
        [
            (f"{hour:02}:00", *(sample.running.get(pool, 0) for pool in pools), sample.waiting)
            for hour, sample in enumerate(day.hourly())
        ],
    )
    document = _document(day, told)
    click.echo("")
    for name in ("longest_wait_s", "tasks_ended", "impossible", "never_placed", "spot_nodes_lost"):
        click.echo(f"{name:16} {document[name]}")
    click.echo(f"{'node hours':16} {sum(day.node_hours.values()):,.1f}, most at once {_most(day)}")
    click.echo(f"{'machines':16} {document['usd']:,.2f} USD for the day, prices of {told.dated}")
    click.echo(f"{'scheduler calls':16} {day.scheduler_calls}")


def _document(day: Day, told: Cost) -> dict[str, Any]:
    head = told.of({HEAD: _DAY_S / _HOUR_S})
    return {
        "usd": day.dollars(told) + head,
        "prices_dated": told.dated.isoformat(),
        "node_hours": day.node_hours,
        "most_nodes": _most(day),
        "longest_wait_s": round(day.longest_wait(), 1),
        "tasks_ended": day.ended,
        "impossible": day.impossible,
        "never_placed": day.samples[-1].waiting if day.samples else 0,
        "spot_nodes_lost": day.lost,
        "scheduler_calls": day.scheduler_calls,
        "samples": [
            {
                "at_s": sample.at,
                "bought": sample.bought,
                "running": sample.running,
                "waiting": sample.waiting,
            }
            for sample in day.samples
        ],
    }


def _most(day: Day) -> dict[str, int]:
    pools = sorted({pool for sample in day.samples for pool in sample.running})
    return {pool: day.most(pool) for pool in pools}
