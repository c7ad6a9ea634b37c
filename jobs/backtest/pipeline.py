"""Where shards run: on the Ray cluster, or in this process."""

import traceback
from collections.abc import Callable, Iterator, Sequence

from cluster.errors import TriiError
from cluster.fleet import pools
from jobs.backtest.shard import Descriptor, ShardSummary, run_shard
from jobs.connection import pools_here, quieten_data
from market.errors import MarketError

Runner = Callable[[Sequence[Descriptor]], Iterator[ShardSummary]]
"""Runs shards and yields their summaries as they finish, in any order."""


def in_process(descriptors: Sequence[Descriptor]) -> Iterator[ShardSummary]:
    """One after the other, here. The same files as on the cluster, to the byte."""
    return map(run_shard, descriptors)


def on_ray(descriptors: Sequence[Descriptor]) -> Iterator[ShardSummary]:
    """As a Ray Data pipeline, one block a descriptor, on the cluster this process is connected to.

    Tasks read the lake themselves: a block never carries bars. A killed worker's shard is run
    again by Ray.
    """
    import ray.data  # noqa: PLC0415  # a second of import, and only where Ray is wanted

    quieten_data(ray.data.DataContext.get_current())
    items = [{"descriptor": one.model_dump_json()} for one in descriptors]
    dataset = ray.data.from_items(items, override_num_blocks=len(items)).map(
        run_row, label_selector=pools.placement("batch", available=pools_here())
    )
    return map(_summary, dataset.iter_rows())


def run_row(row: dict[str, str]) -> dict[str, str]:
    """One shard inside a Ray task: descriptor in, summary or one line of error out, as JSON texts.

    An exception would end the pipeline as a Ray traceback, and Ray would try again what can't
    succeed; so the driver is told, and the task's log keeps the story.
    """
    descriptor = Descriptor.model_validate_json(row["descriptor"])
    try:
        return {"summary": run_shard(descriptor).model_dump_json(), "error": ""}
    except Exception as exc:  # noqa: BLE001  # whatever it is, the driver raises it again
        traceback.print_exc()
        kind = "" if isinstance(exc, TriiError | MarketError) else f"{type(exc).__name__}: "
        return {"summary": "", "error": f"shard {descriptor.key[:12]}: {kind}{exc}"}


def _summary(row: dict[str, str]) -> ShardSummary:
    if row["error"]:
        raise TriiError(row["error"])
    return ShardSummary.model_validate_json(row["summary"])
