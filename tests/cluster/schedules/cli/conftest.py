"""`trii` on a database that a test has for itself."""

from tests.commands import settings as settings  # noqa: PLC0414 - a fixture is found by its name
from tests.commands import trii as trii  # noqa: PLC0414
