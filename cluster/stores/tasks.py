"""Tasks for later, entered in the caller's own transaction; `cluster.schedules.worker` does them."""

from functools import cache

from procrastinate import App, SyncPsycopgConnector

from cluster.stores.postgres import Connection

DELIVER = "deliver"
START = "start"
QUEUE = "trii"
_FIRST = {START: 1}  # a job that is due waits behind no backlog of notices


def defer(connection: Connection, task: str, **arguments: str) -> None:
    """Have a task done as soon as the transaction is committed; never, where it is rolled back."""
    first = _FIRST.get(task, 0)
    ready = _sender().configure_task(task, connection=connection, queue=QUEUE, priority=first)
    ready.defer(**arguments)


@cache
def _sender() -> App:
    """Knows how to enter tasks; it opens no connection of its own."""
    return App(connector=SyncPsycopgConnector())
