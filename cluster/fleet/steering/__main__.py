"""`python -m cluster.fleet.steering`: on the head, keep the file that Ray's autoscaler rereads.

The file of `ray up` goes in, the one that holds at this moment comes out, whole or as it was. While Ray
or a file is away the last one stands; that is said once in the log, and tried again.
"""

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click
import yaml
from ray.exceptions import RpcError

from cluster import logs
from cluster.clock import Clock, utc_now
from cluster.errors import ConfigError, PlatformError
from cluster.files import replacing
from cluster.fleet.live.kept import FILE, PREWARMED, keep, read
from cluster.fleet.live.prewarmed import Prewarmed, holding, parsed
from cluster.fleet.steering import autoscaler
from cluster.fleet.steering.joining import Joining
from cluster.fleet.steering.opening import Opening
from cluster.fleet.steering.refusals import FIRST_PAUSE, Pause, paused
from cluster.fleet.steering.steered import steered
from cluster.logs import get_logger

# Ray's autoscaler takes a turn every five seconds, and tells of the last one's refusals until the next.
_EVERY_S: Final = 2.0


class Steering:
    """Turns of one cluster's steering, and what it remembers of refusals."""

    def __init__(
        self,
        source: Path,
        target: Path,
        *,
        opening: Opening | None,
        first_pause: timedelta = FIRST_PAUSE,
        clock: Clock = utc_now,
    ) -> None:
        self._source = source
        self._target = target
        self._opening = opening
        self._first_pause = first_pause
        self._clock = clock
        self._pauses: dict[str, Pause] = {}
        self._nodes: Mapping[str, int] = {}
        self._joining = Joining()
        self._kept = ""
        self._prewarmed: tuple[Prewarmed, ...] = ()

    def tell(self, address: str) -> None:
        """Keep the file of `ray up` with the cluster, so that a plan finds what it changes."""
        found = self._source.read_text()
        if found != self._kept:
            with _asking(address, "keep the cluster's file"):
                keep(address, FILE, found)
            self._kept = found

    def hold(self, prewarmed: Iterable[Prewarmed]) -> None:
        """Remember what an engineer wants to run, until it ends by itself."""
        self._prewarmed = tuple(prewarmed)

    def learn(self, told: autoscaler.Told) -> None:
        """Remember what the autoscaler told."""
        failed = self._joining.failed(told.coming, told.running, told.launching)
        refused = {**told.refused, **dict.fromkeys(failed, self._clock())}
        before, self._nodes = self._pauses, told.nodes
        self._pauses = paused(before, refused, first=self._first_pause)
        for name, pause in self._pauses.items():
            if before.get(name) != pause:
                get_logger().info(
                    "left alone",
                    node_type=name,
                    until=pause.until,
                    times=pause.times,
                    reason="a node did not join" if name in failed else "refused",
                )

    def write(self) -> bool:
        """Put the file that holds now in place; whether it differs from the last one."""
        now = self._clock()
        found = steered(
            _read(self._source),
            pauses=self._pauses,
            nodes=self._nodes,
            opening=self._opening,
            now=now,
            floors={entry.pool: entry.nodes for entry in holding(self._prewarmed, now)},
        )
        if self._target.exists() and _read(self._target) == found:
            return False
        with replacing(self._target) as draft:
            draft.write_text(yaml.safe_dump(found, sort_keys=False))
        return True


def _read(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as exc:
        why = " ".join(str(exc).split())
        raise ConfigError(f"{path}: can't be read ({why})") from exc
    if not isinstance(found, dict) or "available_node_types" not in found:
        raise ConfigError(f"{path}: no file of a cluster: available_node_types is missing")
    return found


@click.command()
@click.option(
    "--from", "source", required=True, type=click.Path(path_type=Path), help="The file of `ray up`."
)
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path),
    help="The file that Ray reads.",
)
@click.option("--address", help="Ray's GCS; without it the file is written once.")
@click.option("--opening", "opening", help="Nodes that run before the open, as JSON.")
@click.option(
    "--pause",
    "pause_s",
    type=click.IntRange(min=1),
    default=int(FIRST_PAUSE.total_seconds()),
    show_default=True,
    help="Seconds for which a refused type is left alone first.",
)
def main(
    *, source: Path, target: Path, address: str | None, opening: str | None, pause_s: int
) -> None:
    """Keep the file that Ray's autoscaler rereads at what holds now."""
    steering = Steering(
        source,
        target,
        opening=Opening.model_validate_json(opening) if opening else None,
        first_pause=timedelta(seconds=pause_s),
    )
    logs.configure(service="steering", console=False)
    try:
        steering.write()
    except ConfigError as exc:
        click.echo(f"steering: {exc}", err=True)
        sys.exit(exc.exit_code)
    if address is not None:
        _keep(steering, address)


def _prewarmed(address: str) -> tuple[Prewarmed, ...]:
    with _asking(address, "tell what is held ready"):
        return parsed(read(address, PREWARMED))


@contextmanager
def _asking(address: str, what: str) -> Iterator[None]:
    try:
        yield
    except RpcError as exc:
        raise PlatformError(f"Ray at {address} does not {what}: {exc}") from exc


def _keep(steering: Steering, address: str) -> None:
    """Never returns: the unit ends it."""
    away = ""
    while True:
        time.sleep(_EVERY_S)
        try:
            steering.learn(autoscaler.ask(address))
            steering.hold(_prewarmed(address))
            steering.write()
            steering.tell(address)
            away = ""
        except (ConfigError, PlatformError) as exc:
            if str(exc) != away:
                get_logger().warning("not steered", reason=str(exc))
            away = str(exc)


if __name__ == "__main__":
    main()
