"""The lakes that the stores are tested on, on a disk and in an object store."""

from tests.cluster.stores.conftest import lake as lake  # noqa: PLC0414 - found by its name
from tests.cluster.stores.conftest import object_store as object_store  # noqa: PLC0414
