"""Independent tasks of a job: spread over the Ray cluster, or one after the other in this process."""

import logging
import pickle
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol, TypeVar

from cluster.errors import BadInput, TriiError
from cluster.fleet import pools
from cluster.settings import Settings
from jobs.connection import connected, pools_here
from market.errors import MarketError

T = TypeVar("T")
R = TypeVar("R")
Row = dict[str, Any]


class TaskFailed(TriiError):
    """A task on the cluster failed; the message is its error, and the task's log has the story."""


class FanOut(Protocol):
    """Does the work on each task and yields what comes of it as it ends, in any order."""

    def __call__(self, work: Callable[[T], R], tasks: Sequence[T], /) -> Iterator[R]: ...


def in_process(work: Callable[[T], R], tasks: Sequence[T], /) -> Iterator[R]:
    """One after the other, here. The same results as on the cluster, to the bit."""
    return map(work, tasks)


@contextmanager
def spread(settings: Settings, *, here: bool) -> Iterator[FanOut]:
    """The fan-out of a job: in this process, or on the cluster, connected to for the block."""
    if here:
        yield in_process
        return
    with connected(settings):
        yield partial(on_ray, at_once=settings.tasks_at_once)


def on_ray(
    work: Callable[[T], R], tasks: Sequence[T], /, *, at_once: int | None = None
) -> Iterator[R]:
    """As a Ray Data pipeline, one block a task, on the cluster this process is connected to.

    ``at_once`` tasks at a time, or as many as there is room for: each new worker takes seconds.

    Tasks read the lake themselves: descriptors go there, and what the work returns comes back. A
    killed worker's task is run again by Ray. Raises what `unpacked` does.
    """
    import ray.data  # noqa: PLC0415  # a second of import, and only where Ray is wanted

    _quieten(ray.data.DataContext.get_current())
    rows = [packed(task) for task in tasks]
    results = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        partial(run_row, work),
        compute=ray.data.TaskPoolStrategy(size=at_once),
        label_selector=pools.placement("batch", available=pools_here()),
    )
    return map(unpacked, results.iter_rows())


def packed(task: object) -> Row:
    """A task as a row, which Arrow carries as plain bytes."""
    return {"task": pickle.dumps(task)}


def run_row(work: Callable[[Any], Any], row: Row) -> Row:
    """One task inside Ray: its result out, or one line of error.

    An exception would end the pipeline as a Ray traceback, and Ray would try again what can't
    succeed; so the driver is told, and the task's log keeps the story.
    """
    task = pickle.loads(row["task"])  # noqa: S301  # ours
    try:
        result = work(task)
        return {"result": pickle.dumps(result), "error": "", "refused": False}
    except Exception as exc:  # noqa: BLE001  # whatever it is, the driver raises it again
        traceback.print_exc()
        kind = "" if isinstance(exc, TriiError | MarketError) else f"{type(exc).__name__}: "
        # Kept apart: data that can't be right end a job otherwise than a worker that failed.
        refused = isinstance(exc, BadInput | MarketError)
        return {"result": b"", "error": f"{_of(task)}{kind}{exc}", "refused": refused}


def unpacked(row: Row) -> Any:
    """What `run_row` packed. Raises `TaskFailed`, and `BadInput` where the task was refused."""
    if row["error"]:
        raise (BadInput if row["refused"] else TaskFailed)(row["error"])
    return pickle.loads(row["result"])  # noqa: S301  # ours


def _of(task: object) -> str:
    """Which task it was, by its first instrument: one of them may be what it failed at."""
    ids = getattr(task, "instrument_ids", ())
    more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
    return f"{ids[0]}{more}: " if ids else ""


def _quieten(context: Any) -> None:
    """Let Ray Data (its ``DataContext``) write no bars and no plans among a job's own lines."""
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
