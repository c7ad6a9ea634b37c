"""Where scoring tasks run: on the Ray cluster, or in this process."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from cluster.errors import TriiError
from cluster.fleet import pools
from jobs.connection import pools_here, quieten_data
from jobs.score.task import Task, score
from market.errors import MarketError

Runner = Callable[[Sequence[Task]], Iterator[pa.Table]]
"""Runs tasks and yields what each answers as it ends, in any order."""


def in_process(tasks: Sequence[Task]) -> Iterator[pa.Table]:
    """One after the other, here. The same rows as on the cluster, to the bit."""
    return map(score, tasks)


def on_ray(tasks: Sequence[Task]) -> Iterator[pa.Table]:
    """As a Ray Data pipeline, a row a task, on the cluster this process is connected to.

    Tasks read the lake themselves: descriptors go there, scores come back. A killed worker's task
    is run again by Ray.
    """
    import ray.data  # noqa: PLC0415  # a second of import, and only where Ray is wanted

    quieten_data(ray.data.DataContext.get_current())
    items = [{"task": one} for one in tasks]
    dataset = ray.data.from_items(items, override_num_blocks=len(items)).map(
        run_row, label_selector=pools.placement("batch", available=pools_here())
    )
    return map(_table, dataset.iter_rows())


def run_row(row: dict[str, Any]) -> dict[str, Any]:
    """One task inside Ray: an Arrow stream out, or one line of error.

    An exception would end the pipeline as a Ray traceback; so the driver is told, and the task's
    log keeps the story.
    """
    try:
        return {"scores": _stream(score(row["task"])), "error": ""}
    except Exception as exc:  # noqa: BLE001  # whatever it is, the driver raises it again
        traceback.print_exc()
        kind = "" if isinstance(exc, TriiError | MarketError) else f"{type(exc).__name__}: "
        return {"scores": b"", "error": f"{kind}{exc}"}


def _stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    stream: bytes = sink.getvalue().to_pybytes()
    return stream


def _table(row: dict[str, Any]) -> pa.Table:
    if row["error"]:
        raise TriiError(f"scoring failed, nothing was written: {row['error']}")
    return pa.ipc.open_stream(row["scores"]).read_all()
