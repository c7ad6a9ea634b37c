"""Sizes and prices of machines, read from two tables beside this file.

Sizes are AWS's own figures. Prices are US dollars an hour for Linux, without tax, storage or
traffic, each with its day and its source: a spot price is the median of a region's zones on that
day and moves within hours.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from cluster.errors import BadInput
from market.errors import did_you_mean

_MIB: Final = 1024 * 1024
_HERE: Final = Path(__file__).parent
PRICES: Final = _HERE / "prices.csv"
_PRICE_COLUMNS: Final = ("machine", "region", "on_demand", "spot", "dated", "source")
# Ray keeps three tenths of a machine's memory for objects, and offers the rest to work.
_FOR_WORK: Final = 0.7


@dataclass(frozen=True)
class Machine:
    """An instance type with what it has."""

    name: str
    vcpus: int
    memory_mib: int
    gpus: int = 0
    gpu: str = ""
    gpu_memory_mib: int = 0

    @property
    def memory_for_work(self) -> int:
        """Bytes that Ray offers to tasks and actors as its resource `memory`."""
        return int(self.memory_mib * _MIB * _FOR_WORK)


@dataclass(frozen=True)
class Price:
    """What a machine costs in a region, in US dollars an hour; `spot` is None where none is sold."""

    on_demand: float
    spot: float | None
    dated: date
    source: str


def machine(name: str) -> Machine:
    """The machine of that name. Raises BadInput for one that the table lacks."""
    known = machines()
    if name not in known:
        raise BadInput(
            f"machine={name!r}: not in the table of machines"
            f"{did_you_mean(name, known)} (known: {', '.join(known)})"
        )
    return known[name]


def price(name: str, region: str) -> Price:
    """What a machine costs there. Raises BadInput where the table has no price."""
    table = prices()
    if region not in regions():
        raise BadInput(f"region={region!r}: no prices; expected one of {', '.join(regions())}")
    if (name, region) not in table:
        raise BadInput(f"machine={machine(name).name!r}: no price in {region}; choose another type")
    return table[name, region]


@cache
def machines() -> Mapping[str, Machine]:
    """Every machine that a pool may be made of, by name."""
    return {
        row["machine"]: Machine(
            name=row["machine"],
            vcpus=int(row["vcpus"]),
            memory_mib=int(row["memory_mib"]),
            gpus=int(row["gpus"]),
            gpu=row["gpu"],
            gpu_memory_mib=int(row["gpu_memory_mib"] or 0),
        )
        for row in _rows(_HERE / "sizes.csv")
    }


@cache
def prices() -> Mapping[tuple[str, str], Price]:
    """Every price, by machine and region."""
    return {
        (row["machine"], row["region"]): Price(
            on_demand=float(row["on_demand"]),
            spot=float(row["spot"]) if row["spot"] else None,
            dated=date.fromisoformat(row["dated"]),
            source=row["source"],
        )
        for row in _rows(PRICES)
    }


@cache
def regions() -> tuple[str, ...]:
    """The regions that have prices."""
    return tuple(sorted({region for _, region in prices()}))


def price_table(table: Mapping[tuple[str, str], Price]) -> str:
    """These prices as the file that `prices` reads."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_PRICE_COLUMNS)
    for (name, region), told in sorted(table.items()):
        spot = "" if told.spot is None else told.spot
        row = (name, region, told.on_demand, spot, told.dated.isoformat(), told.source)
        rows.writerow(row)
    return text.getvalue()


def _rows(path: Path) -> Iterator[dict[str, str]]:
    return csv.DictReader(path.read_text().splitlines())
