from tests.databases import database as database  # noqa: PLC0414 - a fixture is found by its name
from tests.queues import queued as queued  # noqa: PLC0414
