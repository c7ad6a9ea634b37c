"""Tasks for later, entered in the caller's own transaction; `cluster.schedules.worker` does them."""

from functools import cache

from procrastinate import App, SyncPsycopgConnector

from cluster.stores.postgres import Connection

DELIVER = "deliver"
START = "start"
QUEUE = "trii"


def defer(connection: Connection, task: str, **arguments: str) -> None:
    """Have a task done as soon as the transaction is committed; never, where it is rolled back."""
    _sender().configure_task(task, connection=connection, queue=QUEUE).defer(**arguments)


@cache
def _sender() -> App:
    """Knows how to enter tasks; it opens no connection of its own."""
    return App(connector=SyncPsycopgConnector())
